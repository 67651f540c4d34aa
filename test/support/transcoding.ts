/** What tests of transcoding share: a broadcast in real time, its renditions as files, and the children of a process. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findFfprobe } from '../../tools/find-program.ts';
import { trackDescriptions } from './clip-player.ts';
import type { Clip } from './encoded-clip.ts';
import { type MediaPlaylist, parseMediaPlaylist } from './playlist.ts';
import { Publisher } from './publisher.ts';

const run = promisify(execFile);

export interface Broadcast extends AsyncDisposable {
  readonly publisher: Publisher;
  readonly playing: Promise<void>;
  /** Address of a rendition, without the file. */
  base(rendition: string): string;
  playlist(rendition: string): Promise<MediaPlaylist>;
  /** Reads the playlist with each new part until it is as wanted. */
  until(rendition: string, wanted: (playlist: MediaPlaylist) => boolean): Promise<MediaPlaylist>;
  /** Stops sending, and ends the stream. */
  end(): Promise<void>;
}

export async function broadcast(
  server: { readonly url: string },
  clip: Clip,
  duration: number,
  stream = 'demo',
  record = false,
  overlay?: string,
): Promise<Broadcast> {
  const asked = { record, ...(overlay === undefined ? {} : { overlay }) };
  const publisher = await Publisher.connect({ server: server.url, stream, tracks: trackDescriptions(clip), ...asked });
  if (publisher.joinReply.status !== 'ok') throw new Error(JSON.stringify(publisher.joinReply.response));
  const stop = new AbortController();
  const playing = publisher.play(clip, { duration, signal: stop.signal });
  const base = (rendition: string): string => `${server.url}/live/${stream}/${publisher.session.session}/${rendition}`;
  const read = async (rendition: string, query = ''): Promise<MediaPlaylist | null> => {
    const response = await fetch(`${base(rendition)}/media.m3u8${query}`);
    const text = await response.text();
    return response.status === 200 && text !== '' ? parseMediaPlaylist(text) : null;
  };
  return {
    publisher,
    playing,
    base,
    async playlist(rendition) {
      const playlist = await read(rendition);
      if (playlist === null) throw new Error(`${rendition} has no playlist yet`);
      return playlist;
    },
    async until(rendition, wanted) {
      let playlist = await read(rendition);
      while (playlist === null || !wanted(playlist)) {
        // Until there is anything to wait for, a round trip of the broadcaster's own socket paces the questions.
        if (playlist === null || playlist.segments.length === 0) await publisher.push('time', {});
        playlist = await read(rendition, playlist === null ? '' : next(playlist));
      }
      return playlist;
    },
    async end() {
      stop.abort();
      await playing;
      await publisher.push('end', {});
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await playing;
      publisher.drop();
    },
  };
}

/** What a blocking reload asks for behind this playlist. */
function next({ segments }: MediaPlaylist): string {
  const last = segments.at(-1);
  if (last === undefined) return '';
  return last.duration === null ? `?_HLS_msn=${last.msn}&_HLS_part=${last.parts.length}` : `?_HLS_msn=${last.msn + 1}&_HLS_part=0`;
}

export interface Packet {
  readonly pts_time: string;
  readonly dts_time: string;
  readonly flags: string;
}

export interface MediaFile extends AsyncDisposable {
  readonly file: string;
  probe(): Promise<{
    readonly codec: string;
    readonly width: number;
    readonly height: number;
    readonly decoded: number;
    readonly packets: readonly Packet[];
  }>;
}

/** The init section and all complete segments of a rendition that are no gaps, one behind the other. */
export async function download({ base, playlist }: Broadcast, rendition: string): Promise<MediaFile> {
  const get = async (path: string): Promise<Buffer> => Buffer.from(await (await fetch(`${base(rendition)}/${path}`)).arrayBuffer());
  const bytes = [await get('init-1.mp4')];
  for (const { uri, gap } of (await playlist(rendition)).segments) if (uri !== null && !gap) bytes.push(await get(uri));
  const folder = await mkdtemp(join(tmpdir(), 'glasscast-rendition-'));
  const file = join(folder, `${rendition}.mp4`);
  await writeFile(file, Buffer.concat(bytes));
  return {
    file,
    async probe() {
      const entries = 'stream=codec_name,width,height,nb_read_frames:packet=pts_time,dts_time,flags';
      const { stdout } = await run(findFfprobe(), ['-v', 'error', '-count_frames', '-show_entries', entries, '-of', 'json', file]);
      const { packets, streams } = JSON.parse(stdout);
      const [{ codec_name: codec, width = 0, height = 0, nb_read_frames }] = streams;
      return { codec, width, height, decoded: Number(nb_read_frames), packets };
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true });
    },
  };
}

/** Process ids of the ffmpegs that a process has started, those that are being inspected left out. */
export function ffmpegsOf(parent: number): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid, ppid, stat = '', args = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return Number(ppid) === parent && args.includes('pipe:0') && !stat.startsWith('Z') ? [Number(pid)] : [];
  });
}

export const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};
