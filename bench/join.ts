/**
 * A call of two in our room, beside a bare pair, peerjs and simple-peer, in turns and under the same conditions: joining, another path
 * through the network, and a signaling socket that is cut. Every library is loaded before the clock starts, and each has its own signaling
 * server on this machine.
 */
import { setTimeout as settled } from 'node:timers/promises';
import type { Page } from 'puppeteer-core';
import { REMOTE, type Room } from '../test/support/call-page.ts';
import { Chromium } from '../test/support/chromium.ts';
import { installClockCamera } from '../test/support/clock-camera.ts';
import { installFrameLog, longestStill } from '../test/support/frame-log.ts';
import { deepOne } from '../test/support/media-probe.ts';
import { startBarePair } from './bare-pair.ts';
import { startCutProxy } from './cut-proxy.ts';
import { median, printTable, spread } from './figures.ts';
import { frameOverNewPath, keepConnections } from './ice-restart.ts';
import { startPeerSite } from './peer-site.ts';
import { startPeerjs } from './peerjs-pages.ts';
import { startRoom } from './room-pages.ts';
import { ChildServer } from './server-process.ts';
import { startSimplePeer } from './simple-peer-pages.ts';

const CAMERA = { width: 640, height: 480, frameRate: 30 };
/** How long pictures are watched after a socket was cut. */
const WATCH_MS = 3000;
/** Whoever is called has been there for a while: what their page does in its first moments is no part of another's joining. */
const THERE_MS = 1000;

interface Figures {
  readonly join: number[];
  /** Until a frame came over a new path: by an ICE restart where there is one, by a new connection where not. */
  readonly newPath: number[];
  /** From the cut of the signaling socket until the server was heard of again. */
  readonly socket: number[];
  /** The longest time for which the picture stood after the cut. */
  readonly still: number[];
}

const figures = (): Figures => ({ join: [], newPath: [], socket: [], still: [] });

const portOf = (url: string): number => Number(new URL(url).port);

export async function benchJoin(seconds: number): Promise<void> {
  const rounds = Math.min(20, Math.max(2, Math.round(seconds / 6)));
  const server = await ChildServer.glasscast();
  const relay = await ChildServer.script(new URL('relay.ts', import.meta.url).pathname);
  const peerServer = await ChildServer.script(new URL('peer-server.ts', import.meta.url).pathname);
  const [toRoom, toPeerjs, toRelay] = await Promise.all([server, peerServer, relay].map(({ url }) => startCutProxy(portOf(url))));
  if (!toRoom || !toPeerjs || !toRelay) throw new Error('unreachable');
  const site = await startPeerSite();
  const chromium = await Chromium.launch();
  const open = (url: string, selector: string): Promise<Page> =>
    chromium.open(url, async (page) => {
      await page.evaluateOnNewDocument(installClockCamera, CAMERA);
      await page.evaluateOnNewDocument(keepConnections);
      await page.evaluateOnNewDocument(installFrameLog, selector, 400);
    });
  const bare = figures();
  const mirrored = figures();
  const room = figures();
  const peerjs = figures();
  const simplePeer = figures();

  const bareRound = async (into: Figures, mirror: boolean): Promise<void> => {
    const page = await open(site.page('simple-peer'), 'video');
    const video = await deepOne<HTMLVideoElement>(page, 'video');
    into.join.push(await video.evaluate(startBarePair, mirror));
    into.newPath.push(await page.evaluate(frameOverNewPath, 'bare', 'video'));
    await page.close();
  };

  /** Cuts, and reads how long the picture stood meanwhile. */
  const cut = async (guest: Page, into: Figures, act: () => void, again?: (since: number) => Promise<number>): Promise<void> => {
    const since = Date.now();
    act();
    if (again !== undefined) into.socket.push(await again(since));
    await settled(since + WATCH_MS - Date.now());
    into.still.push(await longestStill(guest, 1, since));
  };

  const roomRound = async (round: number): Promise<void> => {
    const pages = [
      await open(site.elements(server.url), REMOTE),
      await open(site.elements(`http://127.0.0.1:${toRoom.port}`), REMOTE),
    ] as const;
    const [host, guest] = pages;
    for (const page of pages) await page.waitForFunction(() => customElements.get('rtc-room') !== undefined);
    const hosting = host.evaluate(startRoom, `join-${round}`, REMOTE);
    await deepOne(host, 'rtc-tile >>> video');
    await settled(THERE_MS);
    room.join.push(await guest.evaluate(startRoom, `join-${round}`, REMOTE));
    await hosting;
    room.newPath.push(await guest.evaluate(frameOverNewPath, 'online', REMOTE));
    await guest.evaluate(() => {
      document.querySelector('rtc-room')?.addEventListener('rtc-state', (event) => {
        if ((event as CustomEvent<{ state: string }>).detail.state === 'joined')
          Object.assign(globalThis, { joinedAt: performance.timeOrigin + performance.now() });
      });
    });
    await cut(guest, room, toRoom.cut, async (since) => {
      const joined = await guest.waitForFunction(() => (globalThis as unknown as { joinedAt?: number }).joinedAt, { polling: 5 });
      return ((await joined.jsonValue()) ?? Number.NaN) - since;
    });
    if ((await guest.evaluate(() => document.querySelector<Room>('rtc-room')?.state)) !== 'joined')
      throw new Error('The room is not joined.');
    for (const page of pages) await page.close();
  };

  const peerjsRound = async (round: number): Promise<void> => {
    const [host, guest] = [await open(site.page('peerjs'), 'video'), await open(site.page('peerjs'), 'video')];
    await host.evaluate(startPeerjs, { port: portOf(peerServer.url), id: `host-${round}` });
    await settled(THERE_MS);
    peerjs.join.push(await guest.evaluate(startPeerjs, { port: toPeerjs.port, id: `guest-${round}`, to: `host-${round}` }));
    peerjs.newPath.push(await guest.evaluate(() => peerjsAgain()));
    await cut(guest, peerjs, toPeerjs.cut, async (since) => {
      const opened = await guest.waitForFunction((start) => peerjsOpened.find((at) => at > start), { polling: 5 }, since);
      return ((await opened.jsonValue()) ?? Number.NaN) - since;
    });
    for (const page of [host, guest]) await page.close();
  };

  const simplePeerRound = async (round: number): Promise<void> => {
    const [host, guest] = [await open(site.page('simple-peer'), 'video'), await open(site.page('simple-peer'), 'video')];
    await host.evaluate(startSimplePeer, { url: `ws://127.0.0.1:${portOf(relay.url)}/${round}`, initiator: false });
    await settled(THERE_MS);
    simplePeer.join.push(await guest.evaluate(startSimplePeer, { url: `ws://127.0.0.1:${toRelay.port}/${round}`, initiator: true }));
    simplePeer.newPath.push(await guest.evaluate(() => simplePeerAgain()));
    await cut(guest, simplePeer, toRelay.cut);
    for (const page of [host, guest]) await page.close();
  };

  try {
    for (let round = 0; round < rounds; round++) {
      await bareRound(bare, false);
      await bareRound(mirrored, true);
      await roomRound(round);
      await peerjsRound(round);
      await simplePeerRound(round);
    }
  } finally {
    await chromium.close();
    await site.close();
    await Promise.all([toRoom, toPeerjs, toRelay].map((proxy) => proxy.close()));
    await Promise.all([server, peerServer, relay].map((child) => child.stop()));
  }

  console.log(`\nCall of two beside peers, 640x480 at 30 frames a second, loopback; ms, p50/p95 of ${rounds} rounds`);
  const row = (name: string, { join, newPath, socket, still }: Figures, how: string, budget = ''): string[] => [
    name,
    spread(join),
    (median(join) / median(bare.join)).toFixed(2),
    budget,
    spread(newPath),
    how,
    spread(socket),
    spread(still),
  ];
  printTable([
    ['', 'to first remote frame', 'ratio', 'budget', 'frame over a new path', 'by', 'signaling again after a cut', 'picture stood'],
    row('bare pair', bare, 'ICE restart'),
    row('bare pair that shows its own picture', mirrored, 'ICE restart'),
    row('rtc-room', room, 'ICE restart', '1.5'),
    row('peerjs', peerjs, 'hanging up and calling again: it has no restart'),
    row('simple-peer', simplePeer, 'a new peer: it has no restart, and no signaling of its own'),
  ]);
}
