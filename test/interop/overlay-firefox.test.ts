/** Overlays in Firefox, which makes no tracks of frames: a canvas of the page carries them, also while nobody sees the page. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'puppeteer-core';
import type * as overlaidTrack from '../../src/capture/overlay/overlaid-track.ts';
import type * as overlayRegistry from '../../src/vision/overlay-registry.ts';
import { findFirefox, missing } from '../../tools/find-program.ts';
import { Firefox } from '../support/firefox.ts';
import { OVERLAID_TRACK, OVERLAY_REGISTRY, type OverlaySite, startOverlaySite } from '../support/overlay-site.ts';

const FRAMES = 60;
/** At 30 a second two seconds; a machine that is busy takes longer. */
const PATIENCE_MS = 45_000;

interface Look {
  /** Frames that were encoded for whoever is called. */
  readonly sent: number;
  readonly hidden: boolean;
  /** Red, green and blue in the upper left corner of what arrives. */
  readonly corner: number[];
  readonly runsIn: 'worker' | 'page' | null;
  readonly notices: string[];
}

declare global {
  function look(): Promise<Look>;
}

/** Runs in the page: a camera with a red square in its corner, in a call with oneself. */
async function callOneself(track: string, registry: string, host: 'auto' | 'page'): Promise<void> {
  const { openOverlaidTrack } = (await import(track)) as typeof overlaidTrack;
  const { registerOverlay } = (await import(registry)) as typeof overlayRegistry;
  const source = `export default () => ({ draw(context) { context.fillStyle = '#f00'; context.fillRect(0, 0, 160, 160); } })`;
  registerOverlay('square', URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
  const camera = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480, frameRate: 30 } });
  const [input] = camera.getVideoTracks();
  if (input === undefined) throw new Error('no camera');
  const notices: string[] = [];
  const notice = (error: Error): number => notices.push(error.message);
  const overlaid = await openOverlaidTrack(input, { overlays: [{ name: 'square' }], host, vision: { model: '', wasm: '' }, notice });
  const [caller, called] = [new RTCPeerConnection(), new RTCPeerConnection()];
  caller.onicecandidate = ({ candidate }) => void called.addIceCandidate(candidate ?? undefined);
  called.onicecandidate = ({ candidate }) => void caller.addIceCandidate(candidate ?? undefined);
  const video = document.createElement('video');
  video.muted = true;
  video.autoplay = true;
  document.body.append(video);
  called.ontrack = ({ track: arrived }) => {
    video.srcObject = new MediaStream([arrived]);
  };
  caller.addTrack(overlaid.track);
  await caller.setLocalDescription();
  await called.setRemoteDescription(caller.localDescription ?? { type: 'offer' });
  await called.setLocalDescription();
  await caller.setRemoteDescription(called.localDescription ?? { type: 'answer' });
  const context = new OffscreenCanvas(640, 480).getContext('2d', { willReadFrequently: true });
  globalThis.look = async () => {
    const stats = [...(await caller.getStats()).values()] as { type: string; framesEncoded?: number }[];
    if (video.videoWidth > 0) context?.drawImage(video, 0, 0, 640, 480);
    const corner = [...(context?.getImageData(40, 40, 1, 1).data ?? [])].slice(0, 3);
    const sent = stats.find(({ type }) => type === 'outbound-rtp')?.framesEncoded ?? 0;
    return { sent, hidden: document.hidden, corner, runsIn: overlaid.figures.runsIn, notices };
  };
}

/** What is seen once so many more frames were sent. */
async function after60(page: Page): Promise<Look> {
  const end = performance.now() + PATIENCE_MS;
  const first = await page.evaluate(() => look());
  for (;;) {
    const seen = await page.evaluate(() => look());
    if (seen.sent >= first.sent + FRAMES) return seen;
    assert.ok(performance.now() < end, `${seen.sent - first.sent} frames in ${PATIENCE_MS} ms`);
  }
}

describe('overlays in Firefox', { skip: missing(findFirefox) }, () => {
  let firefox: Firefox;
  let site: OverlaySite;

  before(async () => {
    site = await startOverlaySite();
    firefox = await Firefox.launch();
  });

  after(async () => {
    await firefox?.close();
    await site?.close();
  });

  for (const host of ['auto', 'page'] as const) {
    test(`are on what is sent, also from a hidden tab (${host})`, async () => {
      const page = await firefox.open(site.url);
      await page.evaluate(callOneself, OVERLAID_TRACK, OVERLAY_REGISTRY, host);
      const shown = await after60(page);
      assert.equal(shown.hidden, false);
      assert.equal(shown.runsIn, host === 'auto' ? 'worker' : 'page');
      const [red = 0, green = 0, blue = 0] = shown.corner;
      assert.ok(red > 200 && green < 60 && blue < 60, `the corner is ${shown.corner}`);
      const front = await firefox.browser.newPage();
      await front.bringToFront();
      const hidden = await after60(page);
      assert.equal(hidden.hidden, true);
      assert.deepEqual(hidden.notices, []);
      await front.close();
      await page.close();
    });
  }
});
