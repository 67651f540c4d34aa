/**
 * One broadcast over each way that takes frames from a client: from the moment the last picture of a part is sent until that part is in the hands
 * of an LL-HLS client. Beside the binary channel, which is the floor, what it costs to send base64 in JSON or to post.
 */
import { setTimeout as passes } from 'node:timers/promises';
import { encodeChunk } from '../src/protocol/index.ts';
import { playClip, trackDescriptions, VIDEO_TRACK } from '../test/support/clip-player.ts';
import { type Clip, encodeClip } from '../test/support/encoded-clip.ts';
import { Publisher } from '../test/support/publisher.ts';
import { median, printTable, spread } from './figures.ts';
import { readPlaylist } from './hls-client.ts';
import { ChildServer } from './server-process.ts';

const STREAM = 'bench';
const SETTLE_SECONDS = 5;
/** As the uplink of a page does: what gathers meanwhile goes together. */
const REQUESTS_UNDER_WAY = 2;
/** What stands at the end of a picture, and so at the end of the part that it completes. */
const TAIL_BYTES = 24;

interface Way {
  send(bytes: Uint8Array): void;
  close(): Promise<void>;
}

const asJson = (bytes: Uint8Array): Record<string, unknown> => ({ data: Buffer.from(bytes).toString('base64') });

async function overSocket(server: string, clip: Clip, encode: (bytes: Uint8Array) => Uint8Array | Record<string, unknown>): Promise<Way> {
  const publisher = await Publisher.connect({ server, stream: STREAM, tracks: trackDescriptions(clip) });
  if (publisher.joinReply.status !== 'ok') throw new Error(JSON.stringify(publisher.joinReply));
  return { send: (bytes) => void publisher.push('chunk', encode(bytes)), close: () => publisher.end() };
}

async function overRequests(server: string, clip: Clip): Promise<Way> {
  const post = async (url: URL, type: string, body: string | Uint8Array<ArrayBuffer>): Promise<Record<string, unknown>> => {
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
    if (!response.ok) throw new Error(`${url.pathname} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  };
  const join = JSON.stringify({ v: 1, container: 'frames', tracks: trackDescriptions(clip) });
  const reply = await post(new URL(`/ingest/${STREAM}`, server), 'application/json', join);
  const ingest = new URL(String(reply['ingest']), server);
  let waiting: Uint8Array[] = [];
  let seq = 0;
  let underWay = 0;
  const flush = async (): Promise<void> => {
    if (waiting.length === 0 || underWay === REQUESTS_UNDER_WAY) return;
    const body = new Uint8Array(Buffer.concat(waiting));
    waiting = [];
    const url = new URL(ingest);
    url.searchParams.set('seq', String(seq++));
    underWay++;
    await post(url, 'application/octet-stream', body);
    underWay--;
    await flush();
  };
  return {
    send: (bytes) => {
      waiting.push(bytes);
      void flush();
    },
    close: async () => void (await fetch(ingest, { method: 'DELETE' })),
  };
}

const tail = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(-TAIL_BYTES)).toString('hex');

/** Sends the clip in real time; `sent` learns when each of its pictures went. */
async function play(way: Way, clip: Clip, sent: Map<string, number>, signal: AbortSignal): Promise<void> {
  const began = performance.now();
  for (const { time, record } of playClip(clip)) {
    const wait = began + time * 1000 - performance.now();
    if (wait > 1) await passes(wait);
    if (signal.aborted) return;
    if (record.track === VIDEO_TRACK) sent.set(tail(record.data), performance.now());
    way.send(new Uint8Array(encodeChunk([record])));
  }
}

/** Follows the pictures of the stream, and says of each part how long ago its last picture was sent. */
async function follow(server: string, sent: ReadonlyMap<string, number>, delays: number[], signal: AbortSignal): Promise<void> {
  const index = new URL(`/live/${STREAM}/index.m3u8`, server);
  let master = await fetch(index);
  while (!master.ok) {
    await passes(100);
    master = await fetch(index);
  }
  const variant = (await master.text()).split('\n').find((line) => line.includes('v0/media.m3u8') && !line.startsWith('#')) ?? '';
  const playlist = new URL(variant, index);
  const known = new Set<string>();
  let { next, parts } = readPlaylist(await (await fetch(playlist)).text());
  for (const part of parts) known.add(part);
  while (!signal.aborted) {
    const url = new URL(playlist);
    url.searchParams.set('_HLS_msn', String(next.sequence));
    url.searchParams.set('_HLS_part', String(next.part));
    ({ next, parts } = readPlaylist(await (await fetch(url)).text()));
    for (const part of parts.filter((uri) => !known.has(uri))) {
      known.add(part);
      const bytes = await (await fetch(new URL(part, playlist))).bytes();
      const at = sent.get(tail(bytes));
      if (at !== undefined) delays.push(performance.now() - at);
    }
  }
}

export async function benchIngest(seconds: number): Promise<void> {
  const clip = await encodeClip({ width: 1280, height: 720, frameRate: 30, bitrate: 2_000_000, duration: 10, audio: 'opus' });
  const ways: readonly [string, (server: string) => Promise<Way>][] = [
    ['binary channel', (server) => overSocket(server, clip, (bytes) => bytes)],
    ['base64 in JSON on the channel', (server) => overSocket(server, clip, asJson)],
    ['POST', (server) => overRequests(server, clip)],
  ];
  const rows = [['', 'picture sent to part received', 'ratio', 'parts', 'server CPU']];
  let floor = Number.NaN;
  for (const [name, open] of ways) {
    const server = await ChildServer.glasscast();
    const stop = new AbortController();
    try {
      const way = await open(server.url);
      const [sent, delays] = [new Map<string, number>(), [] as number[]];
      const running = Promise.all([play(way, clip, sent, stop.signal), follow(server.url, sent, delays, stop.signal)]);
      await passes(SETTLE_SECONDS * 1000);
      delays.length = 0;
      const [cpu, since] = [server.cpuSeconds, performance.now()];
      await passes(seconds * 1000);
      const load = ((server.cpuSeconds - cpu) / ((performance.now() - since) / 1000)) * 100;
      stop.abort();
      await running;
      await way.close();
      if (Number.isNaN(floor)) floor = median(delays);
      rows.push([name, spread(delays), (median(delays) / floor).toFixed(2), String(delays.length), `${load.toFixed(1)} % of a core`]);
    } finally {
      stop.abort();
      await server.stop();
    }
  }
  console.log(
    `\nWays to send, 1280x720 at 30 frames a second and 2 Mbit/s with sound, parts of 200 ms, loopback; ms, p50/p95; ${seconds} s each`,
  );
  printTable(rows);
}
