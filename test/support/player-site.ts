/** A site on an origin of its own whose pages play a live stream with players that others wrote, as they come. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';

const require = createRequire(import.meta.url);

export type PagePlayer = 'hls.js' | 'dash.js' | 'shaka';

export interface PageOptions {
  /** The sound that the page prefers, where there is more than one; else the player chooses. */
  readonly sound?: 'opus' | 'mp4a.40.2';
}

interface Recipe {
  readonly file: string;
  /** Plays `url` in `video` with the codec `sound`, which may be null, and gives `report.latency`. */
  readonly start: string;
}

const RECIPES: Readonly<Record<PagePlayer, Recipe>> = {
  'hls.js': {
    file: require.resolve('hls.js'),
    start: `
      const hls = new Hls(sound === null ? {} : { audioPreference: { audioCodec: sound } });
      hls.on(Hls.Events.ERROR, (_, { details, fatal }) => fatal && report.errors.push(details));
      hls.loadSource(url);
      hls.attachMedia(video);
      hls.on(Hls.Events.MANIFEST_PARSED, () => video.play());
      report.latency = () => hls.latency;`,
  },
  'dash.js': {
    file: require.resolve('dashjs'),
    start: `
      const dash = dashjs.MediaPlayer().create();
      dash.on('error', ({ error }) => report.errors.push(error.message));
      dash.initialize(video, url, true);
      report.latency = () => dash.getCurrentLiveLatency();`,
  },
  shaka: {
    file: require.resolve('shaka-player'),
    start: `
      const shakaPlayer = new shaka.Player();
      if (sound !== null) shakaPlayer.configure('preferredAudio', [{ codec: sound }]);
      // What docs/live.md advises for it: its own way with times drops every part that does not begin with a key frame.
      shakaPlayer.configure({ manifest: { defaultPresentationDelay: url.includes('.m3u8') ? 1.2 : 0, hls: { sequenceMode: true } } });
      shakaPlayer.addEventListener('error', ({ detail }) => report.errors.push(detail.code + ' ' + detail.data.join(' ')));
      shakaPlayer.attach(video).then(() => shakaPlayer.load(url)).then(() => video.play()).catch((error) => report.errors.push(String(error)));
      report.latency = () => shakaPlayer.getStats().liveLatency;`,
  },
};

/** What a page tells of its player. */
export interface PlayReport {
  /** Media seconds since it began to play. */
  readonly played: number;
  /** Seconds since then. */
  readonly elapsed: number;
  /** The longest time that the picture stood still, in seconds. */
  readonly frozen: number;
  readonly latency: number | null;
  readonly errors: readonly string[];
}

/** The first moments are the player's own: it seeks to where it wants to be. */
const SETTLE_MS = 3000;
const SAMPLE_MS = 50;

const page = (player: PagePlayer, start: string, url: string, sound: string | null): string => `<!doctype html>
<video muted playsinline></video>
<script src="/${player}"></script>
<script>
  const url = ${JSON.stringify(url)};
  const sound = ${JSON.stringify(sound)};
  const video = document.querySelector('video');
  const report = { errors: [], latency: () => null };
  let began = null, last = null, frozen = 0;
  setInterval(() => {
    const now = performance.now();
    if (began === null) {
      if (video.currentTime > 0 && !video.paused && video.readyState > 2) began = { at: now + ${SETTLE_MS} };
      return;
    }
    if (now < began.at) return;
    began.time ??= video.currentTime;
    if (last === null || video.currentTime !== last.time) last = { at: now, time: video.currentTime };
    frozen = Math.max(frozen, now - last.at);
  }, ${SAMPLE_MS});
  window.readReport = () => ({
    played: began?.time === undefined ? 0 : video.currentTime - began.time,
    elapsed: began?.time === undefined ? 0 : (performance.now() - began.at) / 1000,
    frozen: frozen / 1000,
    latency: report.latency() ?? null,
    errors: report.errors,
  });
  ${start}
</script>`;

export interface PlayerSite {
  /** The address of a page that plays what is at `url`. */
  page(player: PagePlayer, url: string, options?: PageOptions): string;
  close(): void;
}

export async function startPlayerSite(): Promise<PlayerSite> {
  const http = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://site');
    const player = pathname.slice(1);
    const recipe = Object.entries(RECIPES).find(([name]) => name === player)?.[1];
    const url = searchParams.get('url');
    if (recipe === undefined) response.writeHead(pathname === '/favicon.ico' ? 204 : 404).end();
    else if (url !== null)
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end(page(player as PagePlayer, recipe.start, url, searchParams.get('sound')));
    else
      readFile(recipe.file).then(
        (script) => response.writeHead(200, { 'content-type': 'text/javascript' }).end(script),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    page: (player, url, options = {}) => `${origin}/${player}?${new URLSearchParams({ url, ...options })}`,
    close() {
      http.closeAllConnections();
      http.close();
    },
  };
}
