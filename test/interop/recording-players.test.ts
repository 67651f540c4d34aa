/** Recordings in players that others wrote, in a real Chromium: from the first picture to the last, over a return of the broadcaster. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Page } from 'puppeteer-core';
import { Chromium } from '../support/chromium.ts';
import { trackDescriptions } from '../support/clip-player.ts';
import { encodeClip } from '../support/encoded-clip.ts';
import { Publisher } from '../support/publisher.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const SECONDS = 4;
/** The second connection's first key frame comes a moment after the connection. */
const TOLERANCE = 0.6;
const library = (path: string): string => fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url));

let server: TestServer;
let chromium: Chromium;
let base: string;

before(async () => {
  server = await startTestServer();
  chromium = await Chromium.launch();
  const clip = await encodeClip();
  const options = { server: server.url, stream: 'demo', tracks: trackDescriptions(clip), record: true };
  const first = await Publisher.connect(options);
  await first.play(clip, { duration: SECONDS });
  first.drop();
  const second = await Publisher.connect({ ...options, publishKey: first.session.publish_key });
  assert.equal(second.session.session, first.session.session);
  await second.play(clip, { duration: SECONDS });
  await second.end();
  base = `${server.url}/recordings/demo/${first.session.session}`;
});

after(async () => {
  await chromium.close();
  await server.close();
});

/** Plays what `load` has put into the page's video from its beginning to its end, at twice the speed. */
async function playWhole(page: Page): Promise<{ duration: number; end: number; width: number; frames: number; error: string | null }> {
  return page.evaluate(async () => {
    const video = document.querySelector('video');
    if (video === null) throw new Error('there is no video');
    video.muted = true;
    video.playbackRate = 2;
    await video.play();
    await new Promise((resolve) => {
      for (const event of ['ended', 'error']) video.addEventListener(event, resolve, { once: true });
      setTimeout(resolve, 60_000);
    });
    const { duration, currentTime: end, videoWidth: width, error } = video;
    return { duration, end, width, frames: video.getVideoPlaybackQuality().totalVideoFrames, error: error?.message ?? null };
  });
}

function assertWhole({ duration, end, width, frames, error }: Awaited<ReturnType<typeof playWhole>>): void {
  assert.equal(error, null);
  assert.ok(Math.abs(duration - 2 * SECONDS) < TOLERANCE, `${duration} s`);
  assert.ok(duration - end < 0.2, `ended at ${end} of ${duration} s`);
  assert.equal(width, 640);
  assert.ok(frames > 2 * SECONDS * 30 * 0.9, `${frames} pictures`);
}

async function open(script?: string): Promise<Page> {
  const page = await chromium.open(`${server.url}/api/time`);
  await page.evaluate(() => document.body.replaceChildren(document.createElement('video')));
  if (script !== undefined) await page.addScriptTag({ path: library(script) });
  return page;
}

const ofPage = (code: string): string => `(async () => { const video = document.querySelector('video'); ${code} })()`;

describe('a recording in Chromium', () => {
  test('is played from its playlist by hls.js', async () => {
    const page = await open('hls.js/dist/hls.min.js');
    await page.evaluate(ofPage(`const hls = new Hls(); hls.loadSource('${base}/index.m3u8'); hls.attachMedia(video);`));
    assertWhole(await playWhole(page));
    await page.close();
  });

  test('is played from its manifest by dash.js', async () => {
    const page = await open('dashjs/dist/modern/umd/dash.all.min.js');
    await page.evaluate(ofPage(`dashjs.MediaPlayer().create().initialize(video, '${base}/manifest.mpd', false);`));
    assertWhole(await playWhole(page));
    await page.close();
  });

  for (const file of ['index.m3u8', 'manifest.mpd']) {
    test(`is played from ${file} by shaka-player`, async () => {
      const page = await open('shaka-player/dist/shaka-player.compiled.js');
      await page.evaluate(ofPage(`const player = new shaka.Player(); await player.attach(video); await player.load('${base}/${file}');`));
      assertWhole(await playWhole(page));
      await page.close();
    });
  }

  test('is played as a download by the browser itself, which seeks in it', async () => {
    const page = await open();
    await page.evaluate(ofPage(`video.src = '${base}/download.mp4';`));
    assertWhole(await playWhole(page));
    const shown = await page.evaluate(async () => {
      const video = document.querySelector('video');
      if (video === null) throw new Error('there is no video');
      video.currentTime = 6.5;
      await new Promise((resolve) => video.addEventListener('seeked', resolve, { once: true }));
      return video.currentTime;
    });
    assert.ok(Math.abs(shown - 6.5) < 0.1);
    await page.close();
  });
});
