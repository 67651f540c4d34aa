/**
 * A broadcast through each encoder and each uplink, seen from its viewer and from its origin; and how long a broken path or a reload
 * keeps it off air. Beside it what pages did before there were encoders: a MediaRecorder that sends its bytes once a second.
 */
import { setTimeout as settled } from 'node:timers/promises';
import type { Page } from 'puppeteer-core';
import { Chromium } from '../test/support/chromium.ts';
import { type GlassReport, installClockCamera, readClock } from '../test/support/clock-camera.ts';
import { startEmbeddingSite } from '../test/support/embedding-page.ts';
import { Firefox } from '../test/support/firefox.ts';
import { deepOne } from '../test/support/media-probe.ts';
import { SoundCard } from '../test/support/sound-card.ts';
import { type CutProxy, startCutProxy } from './cut-proxy.ts';
import { median, percentile, printTable, spread } from './figures.ts';
import { readPlaylist } from './hls-client.ts';
import { recordAsBefore } from './recorder-page.ts';
import { ChildServer } from './server-process.ts';

const CAMERA = { width: 1280, height: 720, frameRate: 30 };
const TARGET = 2_000_000;
const SETTLE_SECONDS = 8;
const CUTS = [1, 5, 20] as const;
interface Way {
  readonly name: string;
  readonly attributes: string;
  /** What its recorder can write, where that is less than this browser's can. */
  readonly records?: string;
  readonly firefox?: true;
  /** Its camera shows what is hard to encode, so that all of the bit rate is used. */
  readonly busy?: true;
}

const WAYS: readonly Way[] = [
  { name: 'WebCodecs, WebSocket', attributes: 'transport="channel"' },
  { name: 'WebCodecs, 3 layers, WebSocket', attributes: 'transport="channel" layers="3"' },
  { name: 'WebCodecs, HTTP', attributes: 'transport="http"' },
  { name: 'WebCodecs, WebSocket, a busy picture', attributes: 'transport="channel"', busy: true },
  { name: 'MediaRecorder Matroska H.264, WebSocket', attributes: 'transport="channel" codec="recorder"', records: 'video/x-matroska' },
  { name: 'MediaRecorder MP4 H.264, WebSocket', attributes: 'transport="channel" codec="recorder"', records: 'video/mp4' },
  { name: 'MediaRecorder WebM VP8, WebSocket', attributes: 'transport="channel" codec="recorder"', records: 'video/webm;codecs="?vp8' },
  { name: 'Firefox, its best, WebSocket', attributes: 'transport="channel"', firefox: true },
];

interface Broadcaster extends HTMLElement {
  readonly state: string;
  readonly playback: { readonly hls?: string } | null;
  readonly report: { readonly encoder: string; readonly bitrate: number; readonly droppedFrames: number; readonly epoch: number } | null;
  start(): Promise<void>;
}

/** Runs in the page, before any script of its own. */
function recordOnly(types: string): void {
  const supports = MediaRecorder.isTypeSupported.bind(MediaRecorder);
  MediaRecorder.isTypeSupported = (type) => new RegExp(`^${types}`).test(type) && supports(type);
}

/** Runs in the page. Resolves once live, with the address of the playlist. */
async function goLive(): Promise<string> {
  await customElements.whenDefined('rtc-broadcaster');
  const element = document.querySelector('rtc-broadcaster') as Broadcaster;
  const rates: number[] = [];
  element.addEventListener('rtc-report', () => rates.push(element.report?.bitrate ?? 0));
  Object.assign(globalThis, { rates });
  await element.start();
  return element.playback?.hls ?? '';
}

const stateOf = (page: Page): Promise<string | undefined> =>
  page.evaluate(() => document.querySelector<Broadcaster>('rtc-broadcaster')?.state);

/** Milliseconds until the first part stands in the playlist of the leading rendition, and until the stream's own names that one. */
async function firstPart(server: string, started: number): Promise<{ part: number; listed: number }> {
  const until = async (url: () => Promise<string | null>, found: (text: string) => boolean): Promise<number> => {
    for (;;) {
      const address = await url();
      const response = address === null ? null : await fetch(address);
      if (response?.ok && found(await response.text())) return performance.now() - started;
      await settled(10);
    }
  };
  const media = async (): Promise<string | null> => {
    const { session } = (await (await fetch(`${server}/api/streams/air`)).json()) as { session: string | null };
    return session === null ? null : `${server}/live/air/${session}/v0/media.m3u8`;
  };
  const [part, listed] = await Promise.all([
    until(media, (text) => readPlaylist(text).parts.length > 0),
    until(
      async () => `${server}/live/air/index.m3u8`,
      (text) => text.includes('media.m3u8'),
    ),
  ]);
  return { part, listed };
}

/** Seconds from key frame to key frame: segments begin with one. */
async function keyFrameSpacing(multivariant: string): Promise<number[]> {
  const text = await (await fetch(multivariant)).text();
  const playlist = text.split('\n').find((line) => line !== '' && !line.startsWith('#')) ?? '';
  const media = await (await fetch(new URL(playlist, multivariant))).text();
  return [...media.matchAll(/#EXTINF:([\d.]+)/g)].map((match) => Number(match[1]));
}

/** Milliseconds from when the path was there again. */
async function backAfter(page: Page, proxy: CutProxy, seconds: number): Promise<number> {
  proxy.down();
  await settled(seconds * 1000);
  // A short break may pass unnoticed by the encoder, not by the socket.
  await page.waitForFunction(() => document.querySelector<Broadcaster>('rtc-broadcaster')?.state !== 'live', {
    polling: 10,
    timeout: 40_000,
  });
  proxy.up();
  const up = performance.now();
  await page.waitForFunction(() => document.querySelector<Broadcaster>('rtc-broadcaster')?.state === 'live', {
    polling: 10,
    timeout: 60_000,
  });
  return performance.now() - up;
}

/** Of what is sent now, as the server has answered: a report comes once a second, and the first of a recording before that. */
async function epochOf(page: Page): Promise<string> {
  const known = (): number | false => document.querySelector<Broadcaster>('rtc-broadcaster')?.report?.epoch || false;
  const epoch = await page.waitForFunction(known, { polling: 50, timeout: 10_000 }).catch(() => null);
  return epoch === null ? 'none in 10 s' : String(await epoch.jsonValue());
}

async function glass(page: Page, seconds: number): Promise<GlassReport> {
  const video = await deepOne<HTMLVideoElement>(page, 'video');
  await video.evaluate((element) => new Promise<void>((resolve) => element.requestVideoFrameCallback(() => resolve())));
  await settled(SETTLE_SECONDS * 1000);
  return video.evaluate(readClock, { seconds, sound: true });
}

async function onAir(way: Way, seconds: number): Promise<{ figures: string[]; breaks: string[] }> {
  const { name, attributes, records } = way;
  const server = await ChildServer.glasscast();
  const proxy = await startCutProxy(Number(new URL(server.url).port));
  const through = `http://127.0.0.1:${proxy.port}`;
  const site = await startEmbeddingSite(server.url, { connect: through });
  const soundCard = way.firefox ? await SoundCard.start() : null;
  const studio = soundCard === null ? await Chromium.launch() : await Firefox.launch(soundCard);
  const audience = await Chromium.launch();
  try {
    const body = `<rtc-broadcaster stream="air" server="${through}" bitrate="${TARGET}" ${attributes}></rtc-broadcaster>`;
    const page = await studio.open(site.page(body), async (opened) => {
      await opened.evaluateOnNewDocument(installClockCamera, { ...CAMERA, busy: way.busy ?? false });
      if (records !== undefined) await opened.evaluateOnNewDocument(recordOnly, records);
    });
    await page.waitForFunction(() => customElements.get('rtc-broadcaster') !== undefined);
    const hls = `${server.url}/live/air/index.m3u8`;
    const started = performance.now();
    const [playlist, part] = await Promise.all([page.evaluate(goLive), firstPart(server.url, started)]);
    const viewer = await audience.open(site.page('<hls-viewer stream="air" autoplay></hls-viewer>'));
    const { latencies, offsets, stalls, seconds: measured } = await glass(viewer, seconds);
    const spacing = await keyFrameSpacing(hls);
    const report = await page.evaluate(() => document.querySelector<Broadcaster>('rtc-broadcaster')?.report);
    const rates = await page.evaluate(() => (globalThis as unknown as { rates: number[] }).rates);
    const figures = [
      `${name} (${report?.encoder ?? 'no report'})`,
      `${part.part.toFixed(0)}, ${part.listed.toFixed(0)}`,
      spread(latencies),
      `${spread(offsets)} (${percentile(offsets, 0).toFixed(0)}…${percentile(offsets, 1).toFixed(0)})`,
      String(stalls),
      (latencies.length / measured).toFixed(1),
      `${percentile(spacing, 0).toFixed(2)}–${percentile(spacing, 1).toFixed(2)}`,
      (median(rates.slice(SETTLE_SECONDS)) / TARGET).toFixed(2),
      String(report?.droppedFrames ?? '–'),
      String(report?.epoch ?? '–'),
    ];
    const breaks = [name];
    for (const cut of CUTS) breaks.push((await backAfter(page, proxy, cut)).toFixed(0));
    const reloaded = performance.now();
    await page.reload();
    while ((await stateOf(page)) !== 'live' && performance.now() - reloaded < 30_000) await settled(20);
    breaks.push((await stateOf(page)) === 'live' ? (performance.now() - reloaded).toFixed(0) : 'not by itself');
    breaks.push(await epochOf(page));
    if (playlist === '') throw new Error('The broadcaster names no playlist.');
    return { figures, breaks };
  } finally {
    await studio.close();
    await soundCard?.close();
    await audience.close();
    await site.close();
    await proxy.close();
    await server.stop();
  }
}

/** Blobs of a second over a WebSocket into a MediaSource: the latency that recording in slices has by itself, with nothing in between. */
async function asBefore(seconds: number): Promise<string[]> {
  const relay = await ChildServer.script(new URL('relay.ts', import.meta.url).pathname);
  const site = await startEmbeddingSite(relay.url);
  const chromium = await Chromium.launch();
  try {
    const page = await chromium.open(site.page('<video autoplay muted></video>'), (opened) =>
      opened.evaluateOnNewDocument(installClockCamera, CAMERA),
    );
    const video = await deepOne<HTMLVideoElement>(page, 'video');
    const first = await video.evaluate(recordAsBefore, { url: relay.url.replace('http', 'ws'), bitrate: TARGET });
    const { latencies, stalls, seconds: measured } = await video.evaluate(readClock, { seconds, sound: false });
    return [
      'MediaRecorder, slices of 1 s, no server',
      first.toFixed(0),
      spread(latencies),
      '–',
      String(stalls),
      (latencies.length / measured).toFixed(1),
      '–',
      '–',
      '–',
      '–',
    ];
  } finally {
    await chromium.close();
    await site.close();
    await relay.stop();
  }
}

/** @param only the ways to measure, by their names */
export async function benchAir(seconds: number, only = /(?:)/): Promise<void> {
  const rows = [await asBefore(Math.min(15, seconds))];
  const breaks: string[][] = [];
  for (const way of WAYS.filter(({ name }) => only.test(name))) {
    try {
      const run = await onAir(way, seconds);
      rows.push(run.figures);
      breaks.push(run.breaks);
    } catch (cause) {
      rows.push([way.name, `failed: ${cause instanceof Error ? cause.message : String(cause)}`]);
    }
  }
  console.log(
    `\nOn air at 1280x720, 30 frames a second, ${TARGET / 1e6} Mbit/s, viewer over LL-HLS, loopback; ms, p50/p95; ${seconds} s each`,
  );
  printTable([
    [
      '',
      'start() to first part, to playlist',
      'glass to glass',
      'sound − picture (least…most)',
      'stalls',
      'frames/s seen',
      'key frames, s',
      'bytes : target',
      'dropped',
      'epoch',
    ],
    ...rows,
  ]);
  console.log('\nOn air again, ms from when the path was there again (after a reload: from its beginning)');
  printTable([['', ...CUTS.map((cut) => `cut of ${cut} s`), 'reload', 'epoch then'], ...breaks]);
}
