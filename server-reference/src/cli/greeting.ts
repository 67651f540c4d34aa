import type { RunningServer } from '../server.ts';
import { VERSION } from '../version.ts';

/** Where people find it. A wildcard address is none that a browser could open. */
export function addresses({ config, url }: RunningServer): Record<'demo' | 'call' | 'live' | 'watch', string> {
  const local = url.replace(/\/\/(?:127\.0\.0\.1|0\.0\.0\.0|\[::1?\]):/, '//localhost:');
  const origin = config.publicUrl?.origin ?? local;
  return { demo: `${origin}/`, call: `${origin}/call.html`, live: `${origin}/live.html`, watch: `${origin}/watch.html` };
}

/** What the settings came to. Secrets are not among it. */
export function decisions({ config, stunPort, ffmpeg, faceModel }: RunningServer): Record<string, string | number | boolean> {
  return {
    public: config.public.join(',') || 'nothing',
    autoCreate: config.autoCreate,
    origins: config.origins.join(',') || 'own',
    data: config.data,
    stun: stunPort ?? 'off',
    ...(config.turnUrl === null ? {} : { turn: config.turnUrl }),
    part: `${config.partDuration}ms`,
    segment: `${config.segmentDuration}ms`,
    window: `${config.window}ms`,
    recording: config.record ? 'on' : 'off',
    ffmpeg: ffmpeg ?? 'none',
    ...(config.ladder.length === 0 ? {} : { ladder: config.ladder.join(',') }),
    // The host alone: what stands around it may be a secret.
    ...(config.mirror === null ? {} : { mirror: config.mirror.host }),
    faceModel: faceModel ?? 'none; to have one: glasscast-server models',
    maxPeers: config.maxPeers,
    maxStreams: config.maxStreams,
  };
}

const ABOUT_MODE = {
  development: 'Development mode: no secret is set, so everything is public, on this machine alone.',
  production: 'Production mode: without a token anyone may do what is public, and nothing else.',
} as const;

const indented = (rows: Record<string, unknown>): string => {
  const width = Math.max(...Object.keys(rows).map(({ length }) => length));
  return Object.entries(rows)
    .map(([name, value]) => `  ${name.padEnd(width)}  ${value}\n`)
    .join('');
};

/** The first thing that somebody at a terminal sees. */
export function greeting(server: RunningServer): string {
  const { demo, call, live, watch } = addresses(server);
  return `
Glasscast ${VERSION} is running. Open one of these:

${indented({ Demo: demo, Call: call, 'Go live': live, Watch: watch })}
${ABOUT_MODE[server.config.mode]}
${indented(decisions(server))}
Ctrl+C ends it.
`;
}
