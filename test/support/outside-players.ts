/** Players with a command line that others wrote, each playing an address for so many seconds. */
import { spawn, spawnSync } from 'node:child_process';

export type CommandPlayer = 'ffmpeg' | 'mpv' | 'gst-launch-1.0';

export interface CommandReport {
  /** Pictures that were shown or decoded; null where the player does not count them, and ends when it has played what was asked for. */
  readonly pictures: number | null;
  /** Seconds that it ran. */
  readonly elapsed: number;
  /** How often it stopped to fill its buffer after it had begun to play. */
  readonly stalls: number;
  readonly output: string;
}

interface Recipe {
  args(url: string, duration: number): readonly string[];
  /** Whether it has to be told when it is enough. */
  readonly endless: boolean;
  pictures(output: string): number | null;
  stalls(output: string): number;
}

/** Seconds that a player stands still. */
const STALL = 0.5;

const last = (output: string, pattern: RegExp): number => Number([...output.matchAll(pattern)].at(-1)?.[1] ?? 0);
const count = (output: string, pattern: RegExp): number => [...output.matchAll(pattern)].length;

const RECIPES: Readonly<Record<CommandPlayer, Recipe>> = {
  ffmpeg: {
    args: (url, duration) => ['-nostdin', '-v', 'fatal', '-progress', 'pipe:1', '-i', url, '-t', String(duration), '-f', 'null', '-'],
    endless: false,
    pictures: (output) => last(output, /^frame=\s*(\d+)/gm),
    stalls: () => 0,
  },
  mpv: {
    args: (url, duration) => [
      ...['--no-config', '--ytdl=no', '--vo=null', '--ao=null', '--no-input-terminal', `--length=${duration}`],
      ...['--msg-level=all=error,cplayer=v', url],
    ],
    endless: false,
    pictures: () => null,
    // At the beginning it waits for some milliseconds at a time.
    stalls: (output) =>
      [...output.matchAll(/End buffering \(waited ([\d.]+) secs\)/g)].filter(([, waited]) => Number(waited) >= STALL).length,
  },
  'gst-launch-1.0': {
    args: (url) => [
      ...['-v', 'playbin3', `uri=${url}`, 'audio-sink=fakesink sync=true'],
      'video-sink=fpsdisplaysink video-sink=fakesink text-overlay=false sync=true silent=false',
    ],
    endless: true,
    pictures: (output) => last(output, /rendered: (\d+)/g),
    // The first time is before it plays.
    stalls: (output) => Math.max(0, count(output, /Buffering, setting pipeline to PAUSED/g) - 1),
  },
};

/** Why a player cannot be had, for tests that are left out without it; false when it is there. */
export function missingPlayer(player: CommandPlayer): string | false {
  const { error } = spawnSync(player, [player === 'ffmpeg' ? '-version' : '--version'], { stdio: 'ignore' });
  return error === undefined ? false : `${player} is not installed.`;
}

/** Plays for `duration` seconds, and `patience` longer at most. */
export function playWithCommand(player: CommandPlayer, url: string, duration: number, patience = 20): Promise<CommandReport> {
  const recipe = RECIPES[player];
  const began = performance.now();
  const child = spawn(player, recipe.args(url, duration), { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const enough = setTimeout(() => child.kill('SIGINT'), (recipe.endless ? duration : duration + patience) * 1000);
  const kill = setTimeout(() => child.kill('SIGKILL'), (duration + patience + 5) * 1000);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(enough);
      clearTimeout(kill);
      const elapsed = (performance.now() - began) / 1000;
      resolve({ pictures: recipe.pictures(output), stalls: recipe.stalls(output), elapsed, output });
    });
  });
}
