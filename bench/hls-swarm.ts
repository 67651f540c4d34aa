/**
 * Viewers of one rendition over LL-HLS, each a connection: the playlist by blocking reload, then each part. Against plain files they ask
 * for a playlist and a part whenever a part's time has passed.
 *
 *     node bench/hls-swarm.ts live http://127.0.0.1:4000/live/bench/session/v0/ viewers seconds
 *     node bench/hls-swarm.ts files http://127.0.0.1:8080/ viewers seconds
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpLine } from './http-line.ts';
import { SwarmCount } from './swarm.ts';

const [mode, address = '', viewers = '0', seconds = '0'] = process.argv.slice(2);
const base = new URL(address);
const SETTLE_MS = 3_000;
const PART_MS = 200;
const count = new SwarmCount(Number(viewers));
/** When the first of all viewers heard of a part: from there on it counts how late the others have it. */
const heard = new Map<string, number>();

function hear(part: string): void {
  if (!heard.has(part)) heard.set(part, performance.now());
}

async function fetchPart(line: HttpLine, viewer: number, part: string): Promise<void> {
  const { status, bytes } = await line.get(base.pathname + part, false);
  if (status !== 200) throw new Error(`${part}: ${status}`);
  count.add(viewer, bytes, performance.now() - (heard.get(part) ?? Number.NaN));
}

/** What a playlist lists behind `last`, and where the next part will be. */
function readParts(text: string, last: string): { fresh: string[]; next: string } {
  const fresh: string[] = [];
  const marker = ',URI="';
  let at = last === '' ? text.lastIndexOf('#EXT-X-PART:') : text.indexOf(`${marker}${last}"`) + 1;
  for (at = text.indexOf('#EXT-X-PART:', at); at >= 0; at = text.indexOf('#EXT-X-PART:', at + 1)) {
    const start = text.indexOf(marker, at) + marker.length;
    fresh.push(text.slice(start, text.indexOf('"', start)));
  }
  // A part past a segment's last is the first of the next segment: so nobody needs to know where a segment ends.
  const [, msn = '0', part = '-1'] = /part-(\d+)\.(\d+)/.exec(fresh.at(-1) ?? last) ?? [];
  return { fresh, next: `?_HLS_msn=${msn}&_HLS_part=${Number(part) + 1}` };
}

async function follow(viewer: number): Promise<void> {
  const line = await HttpLine.open(base);
  let query = '';
  let last = '';
  for (;;) {
    const { status, body } = await line.get(`${base.pathname}media.m3u8${query}`, true);
    if (status !== 200) throw new Error(`${query}: ${status} ${body}`);
    const { fresh, next } = readParts(body, last);
    query = next;
    for (const part of fresh) hear(part);
    for (const part of fresh) await fetchPart(line, viewer, part);
    last = fresh.at(-1) ?? last;
  }
}

/** Plain files hold nobody: all ask when a part's time has passed, as those who are held are answered at once. */
async function replay(viewer: number, started: number): Promise<void> {
  const line = await HttpLine.open(base);
  for (;;) {
    const tick = Math.max(0, Math.ceil((performance.now() - started) / PART_MS));
    await sleep(started + tick * PART_MS - performance.now());
    await line.get(`${base.pathname}media.m3u8`, true);
    const part = `part-${tick % 10}.m4s`;
    // The same part comes again: only who is first in this round says since when.
    const round = heard.get(`${part} ${tick}`) ?? performance.now();
    heard.set(`${part} ${tick}`, round);
    const { status, bytes } = await line.get(base.pathname + part, false);
    if (status !== 200) throw new Error(`${part}: ${status}`);
    count.add(viewer, bytes, performance.now() - round);
  }
}

const started = performance.now();
const fail = (error: unknown): void => {
  console.error(error);
  process.exit(1);
};
for (let viewer = 0; viewer < Number(viewers); viewer++) {
  (mode === 'live' ? follow(viewer) : replay(viewer, started)).catch(fail);
  if (viewer % 20 === 0) await sleep(10);
}
await sleep(SETTLE_MS);
count.begin();
await sleep(Number(seconds) * 1000);
count.end();
