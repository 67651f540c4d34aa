/**
 * Players that nobody here wrote play one live stream without a stall, several at a time: in Chromium and from the command line, by
 * LL-HLS and by LL-DASH, as they come. `PLAYERS_SECONDS` says for how long (20).
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { findChrome, missing } from '../../tools/find-program.ts';
import { Chromium } from '../support/chromium.ts';
import { trackDescriptions } from '../support/clip-player.ts';
import { encodeClip } from '../support/encoded-clip.ts';
import { type CommandPlayer, missingPlayer, playWithCommand } from '../support/outside-players.ts';
import { type PageOptions, type PagePlayer, type PlayerSite, type PlayReport, startPlayerSite } from '../support/player-site.ts';
import { Publisher } from '../support/publisher.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const SECONDS = Number(process.env['PLAYERS_SECONDS'] ?? 20);
const FRAME_RATE = 30;
/** Longer than a window: segments leave the lists while players play, and playlists are told by delta updates. */
const HEAD_START_MS = 36_000;
/** A picture that stands still for longer is a stall. */
const FREEZE = 0.5;

const PLAYLIST = 'index.m3u8';
const MPD = 'manifest.mpd';
/** For players that lose their place in a list of segments that moves on. */
const COUNTED_MPD = 'manifest.mpd?addressing=numbers';

/** No player begins further behind the edge; what lies between comes as fast as it is asked for. */
const BEGINS_BEHIND = 10;

/** GStreamer's dashdemux2 plays once it holds so many seconds, however live the stream is. */
const GSTREAMER_HOLDS = 30;

/** At a time: more decode more than two cores can. */
const PLAYERS = 2;

describe('players of others', { concurrency: PLAYERS, timeout: (4 * SECONDS + 200) * 1000 }, () => {
  let server: TestServer;
  let site: PlayerSite;
  let chromium: Chromium;
  let publisher: Publisher;
  let playing: Promise<void>;
  const stop = new AbortController();

  before(async () => {
    server = await startTestServer();
    site = await startPlayerSite();
    const clip = await encodeClip({ frameRate: FRAME_RATE, bitrate: 800_000, duration: 10 });
    publisher = await Publisher.connect({ server: server.url, stream: 'demo', tracks: trackDescriptions(clip) });
    assert.equal(publisher.joinReply.status, 'ok');
    playing = publisher.play(clip, { signal: stop.signal });
    if (missing(findChrome) === false) chromium = await Chromium.launch();
    await new Promise((resolve) => setTimeout(resolve, HEAD_START_MS));
  });

  after(async () => {
    stop.abort();
    await playing;
    publisher?.drop();
    await chromium?.close();
    site?.close();
    await server?.close();
  });

  const address = (file: string): string => `${server.url}/live/demo/${file}`;

  for (const [player, file, options] of [
    ['hls.js', PLAYLIST, {}],
    ['hls.js', PLAYLIST, { sound: 'mp4a.40.2' }],
    ['dash.js', MPD, {}],
    ['shaka', PLAYLIST, { sound: 'opus' }],
    ['shaka', PLAYLIST, { sound: 'mp4a.40.2' }],
    ['shaka', MPD, {}],
  ] as const satisfies readonly (readonly [PagePlayer, string, PageOptions])[]) {
    const heard = 'sound' in options ? ` with ${options.sound}` : '';
    test(`${player} plays ${file}${heard} for ${SECONDS} s without a stall`, { skip: missing(findChrome) }, async (context) => {
      const page = await chromium.open(site.page(player, address(file), options));
      const read = (): Promise<PlayReport> => page.evaluate(() => (window as unknown as { readReport(): PlayReport }).readReport());
      let report = await read();
      const deadline = performance.now() + (SECONDS + 40) * 1000;
      while (report.elapsed < SECONDS && report.errors.length === 0 && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 250));
        report = await read();
      }
      await page.close();
      context.diagnostic(`${report.latency?.toFixed(2)} s behind, longest freeze ${report.frozen.toFixed(2)} s`);
      assert.deepEqual(report.errors, []);
      assert.ok(report.elapsed >= SECONDS, `it began too late: ${JSON.stringify(report)}`);
      assert.ok(report.frozen < FREEZE, `it stood still for ${report.frozen} s`);
      assert.ok(report.played > 0.9 * report.elapsed, `${report.played} s in ${report.elapsed} s`);
    });
  }

  for (const [player, file] of [
    ['ffmpeg', PLAYLIST],
    ['ffmpeg', COUNTED_MPD],
    ['mpv', PLAYLIST],
    ['mpv', COUNTED_MPD],
    ['gst-launch-1.0', PLAYLIST],
    ['gst-launch-1.0', COUNTED_MPD],
  ] as const satisfies readonly (readonly [CommandPlayer, string])[]) {
    test(`${player} plays ${file} for ${SECONDS} s without a stall`, { skip: missingPlayer(player) }, async (context) => {
      const ahead = player === 'gst-launch-1.0' && file === COUNTED_MPD ? GSTREAMER_HOLDS : 0;
      const { pictures, elapsed, stalls, output } = await playWithCommand(player, address(file), SECONDS + ahead);
      context.diagnostic(`${pictures ?? 'uncounted'} pictures in ${elapsed.toFixed(1)} s`);
      assert.equal(stalls, 0, output);
      // Sound may begin some seconds before pictures, and the other way round.
      const usual = SECONDS * FRAME_RATE;
      if (pictures !== null)
        assert.ok(
          pictures > 0.75 * usual && pictures < (elapsed + BEGINS_BEHIND) * FRAME_RATE,
          `${pictures} pictures\n${output.slice(-2000)}`,
        );
      else assert.ok(elapsed > SECONDS - 3 && /End of file/.test(output), `it ended after ${elapsed} s\n${output.slice(-2000)}`);
      assert.ok(elapsed < SECONDS + ahead + 8, `it took ${elapsed} s`);
    });
  }
});
