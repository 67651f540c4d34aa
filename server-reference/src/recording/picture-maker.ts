/** JPEG out of key frames, by an ffmpeg child: one at a time, since pictures of what has been must not slow down what is live. */
import { spawn } from 'node:child_process';
import type { Bytes, Milliseconds } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';
import { surroundings } from '../transcode/ffmpeg.ts';

export type Picture = { readonly ok: true; readonly jpeg: Buffer } | { readonly ok: false; readonly reason: PictureFailure };
export type PictureFailure = 'no-decoder' | 'busy' | 'failed';

const MOST_WAITING = 16;
const PATIENCE: Milliseconds = 15_000;
const MOST_BYTES: Bytes = 32 * 1024 * 1024;

export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly width: number;
  readonly height: number;
}

export class PictureMaker {
  readonly #ffmpeg: string | null;
  readonly #clock: Clock;
  readonly #ending = new AbortController();
  #queue: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** @param ffmpeg the program; null where there is none */
  constructor(ffmpeg: string | null, clock: Clock) {
    this.#ffmpeg = ffmpeg;
    this.#clock = clock;
  }

  get available(): boolean {
    return this.#ffmpeg !== null;
  }

  /** One picture, at most so wide. */
  still(picture: Buffer, width: number): Promise<Picture> {
    const scale = `scale='min(iw,${width})':-2:out_range=full,format=yuvj420p`;
    return this.#take(async (ffmpeg) => this.#run(ffmpeg, picture, ['-f', 'h264'], ['-vf', scale, '-frames:v', '1']));
  }

  /** Many pictures, which may differ in size, beside and below each other. */
  tiles(pictures: readonly Buffer[], { columns, rows, width, height }: Grid): Promise<Picture> {
    const fit = `scale=${width}:${height}:force_original_aspect_ratio=decrease:out_range=full`;
    const pad = `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2,setsar=1,format=yuvj420p`;
    // A change of size begins a chain of filters anew, and would lose the tiles so far: they are laid out by another run.
    return this.#take(async (ffmpeg) => {
      const small = await this.#run(ffmpeg, Buffer.concat(pictures), ['-f', 'h264'], ['-vf', `${fit},${pad}`]);
      return this.#run(ffmpeg, small, ['-f', 'mjpeg'], ['-vf', `tile=${columns}x${rows}`, '-frames:v', '1']);
    });
  }

  close(): void {
    this.#ending.abort();
  }

  async #take(work: (ffmpeg: string) => Promise<Buffer>): Promise<Picture> {
    const ffmpeg = this.#ffmpeg;
    if (ffmpeg === null) return { ok: false, reason: 'no-decoder' };
    if (this.#waiting >= MOST_WAITING) return { ok: false, reason: 'busy' };
    this.#waiting++;
    const turn = this.#queue.then(() => work(ffmpeg));
    this.#queue = turn.catch(() => undefined);
    try {
      const jpeg = await turn;
      return jpeg.byteLength > 0 ? { ok: true, jpeg } : { ok: false, reason: 'failed' };
    } catch {
      // What cannot be decoded has no picture; whoever asked is told so.
      return { ok: false, reason: 'failed' };
    } finally {
      this.#waiting--;
    }
  }

  #run(ffmpeg: string, input: Buffer, inputOptions: readonly string[], outputOptions: readonly string[]): Promise<Buffer> {
    const args = [
      ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-threads', '1', ...inputOptions, '-i', 'pipe:0'],
      ...[...outputOptions, '-an', '-c:v', 'mjpeg', '-q:v', '4', '-f', 'image2pipe', 'pipe:1'],
    ];
    return new Promise((resolve, reject) => {
      const ending = { signal: this.#ending.signal, killSignal: 'SIGKILL' } as const;
      const child = spawn(ffmpeg, args, { stdio: ['pipe', 'pipe', 'ignore'], env: surroundings(), ...ending });
      const cancelPatience = this.#clock.after(PATIENCE, () => child.kill('SIGKILL'));
      const chunks: Buffer[] = [];
      let size = 0;
      child.stdout.on('data', (chunk: Buffer) => {
        size += chunk.byteLength;
        if (size > MOST_BYTES) child.kill('SIGKILL');
        else chunks.push(chunk);
      });
      // A child that has all it needs closes its input before all is written.
      child.stdin.on('error', () => undefined);
      child.on('error', (error) => {
        cancelPatience();
        reject(error);
      });
      child.on('close', (code) => {
        cancelPatience();
        if (code === 0) resolve(Buffer.concat(chunks));
        else reject(new Error(`ffmpeg ended with ${code}`));
      });
      child.stdin.end(input);
    });
  }
}
