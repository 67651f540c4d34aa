/** All settings: their flag, their environment variable, how they read, what help says. One table, so that nothing is said twice. */
import type { Settings } from './config.ts';
import * as read from './values.ts';

export interface Option<K extends keyof Settings = keyof Settings> {
  readonly key: K;
  /** Without dashes; secrets have none, since flags show up in process lists. */
  readonly flag?: string;
  readonly env?: string;
  /** What stands for the value in help; absent for a flag without one. */
  readonly value?: string;
  readonly read: read.ReadValue<Settings[K]>;
  readonly help: string;
}

const option = <K extends keyof Settings>(each: Option<K>): Option => each as unknown as Option;

export const OPTIONS: readonly Option[] = [
  option({ key: 'port', flag: 'port', env: 'PORT', value: 'PORT', read: read.port, help: 'HTTP and WebSocket; 0 takes a free one (4000)' }),
  option({
    key: 'host',
    flag: 'host',
    env: 'HOST',
    value: 'ADDRESS',
    read: read.text,
    help: 'address to listen on (127.0.0.1 without a secret, 0.0.0.0 with one)',
  }),
  option({
    key: 'data',
    flag: 'data',
    env: 'GLASSCAST_DATA',
    value: 'DIR',
    read: read.text,
    help: 'where rooms are kept (./glasscast-data)',
  }),
  option({
    key: 'secret',
    env: 'GLASSCAST_SECRET',
    read: read.text,
    help: 'signs tokens (HS256), at least 32 bytes; without any secret: development mode',
  }),
  option({ key: 'jwksUrl', env: 'GLASSCAST_JWKS_URL', read: read.httpUrl, help: 'keys of tokens signed with RS256 or ES256' }),
  option({
    key: 'phoenixSecretKeyBase',
    env: 'PHOENIX_SECRET_KEY_BASE',
    read: read.text,
    help: 'secret of a Phoenix application that signs tokens',
  }),
  option({ key: 'phoenixTokenSalt', env: 'PHOENIX_TOKEN_SALT', read: read.text, help: 'its salt, such as "user socket"' }),
  option({
    key: 'public',
    flag: 'public',
    env: 'GLASSCAST_PUBLIC',
    value: 'LIST',
    read: read.capabilities,
    help: 'what anyone may do without a token, or none (watch; everything in development)',
  }),
  option({
    key: 'autoCreate',
    flag: 'auto-create',
    env: 'GLASSCAST_AUTO_CREATE',
    read: read.boolean,
    help: 'joining a room makes it (off; on in development)',
  }),
  option({
    key: 'publicUrl',
    flag: 'public-url',
    env: 'PUBLIC_URL',
    value: 'URL',
    read: read.publicUrl,
    help: 'where the world reaches this server, behind a proxy or tunnel',
  }),
  option({
    key: 'trustProxy',
    flag: 'trust-proxy',
    env: 'TRUST_PROXY',
    read: read.boolean,
    help: 'believe X-Forwarded-For and -Proto (off)',
  }),
  option({
    key: 'origins',
    flag: 'origins',
    env: 'GLASSCAST_ORIGINS',
    value: 'LIST',
    read: read.origins,
    help: 'origins of pages that may embed, loopback, or * (own origin; loopback in development)',
  }),
  option({
    key: 'stunPort',
    flag: 'stun-port',
    env: 'STUN_PORT',
    value: 'PORT',
    read: read.port,
    help: 'STUN over UDP; 0 takes a free one (3478)',
  }),
  option({
    key: 'turnUrl',
    flag: 'turn-url',
    env: 'TURN_URL',
    value: 'URL',
    read: read.turnUrl,
    help: 'a TURN server that shares TURN_SECRET',
  }),
  option({
    key: 'turnSecret',
    env: 'TURN_SECRET',
    read: read.text,
    help: 'its secret for time-limited credentials (coturn: static-auth-secret)',
  }),
  option({
    key: 'partDuration',
    flag: 'part-duration',
    env: 'PART_DURATION',
    value: 'TIME',
    read: read.duration(50, 1000),
    help: 'of an LL-HLS part (200ms)',
  }),
  option({
    key: 'segmentDuration',
    flag: 'segment-duration',
    env: 'SEGMENT_DURATION',
    value: 'TIME',
    read: read.duration(500, 10_000),
    help: 'of a segment (2s)',
  }),
  option({
    key: 'window',
    flag: 'window',
    env: 'WINDOW',
    value: 'TIME',
    read: read.duration(1500, 86_400_000),
    help: 'of a live stream that stays to be rewound (30s)',
  }),
  option({ key: 'maxPeers', flag: 'max-peers', env: 'MAX_PEERS', value: 'N', read: read.integer(1, 100), help: 'in a room (8)' }),
  option({
    key: 'maxStreams',
    flag: 'max-streams',
    env: 'MAX_STREAMS',
    value: 'N',
    read: read.integer(0, 10_000),
    help: 'live at once (100)',
  }),
  option({
    key: 'maxSocketViewers',
    flag: 'max-socket-viewers',
    env: 'MAX_SOCKET_VIEWERS',
    value: 'N',
    read: read.integer(0, 100_000),
    help: 'watching over WebSockets at once (2000)',
  }),
  option({ key: 'maxBitrate', flag: 'max-bitrate', env: 'MAX_BITRATE', value: 'BITS', read: read.bitrate, help: 'of one stream (20M)' }),
  option({
    key: 'record',
    flag: 'record',
    env: 'RECORD',
    read: read.boolean,
    help: 'keep what broadcasters ask to be kept; --no-record forbids it (on)',
  }),
  option({
    key: 'recordingsMaxAge',
    flag: 'recordings-max-age',
    env: 'RECORDINGS_MAX_AGE',
    value: 'TIME',
    read: read.duration(1000, 36_500 * 86_400_000),
    help: 'recordings are deleted so long after their end (never)',
  }),
  option({
    key: 'recordingsMaxSize',
    flag: 'recordings-max-size',
    env: 'RECORDINGS_MAX_SIZE',
    value: 'BYTES',
    read: read.bytes,
    help: 'the oldest are deleted when all take more, such as 20G (no limit)',
  }),
  option({
    key: 'recordingsMinFree',
    flag: 'recordings-min-free',
    env: 'RECORDINGS_MIN_FREE',
    value: 'BYTES',
    read: read.bytes,
    help: 'recording stops when less is left on the disk (200M)',
  }),
  option({
    key: 'ffmpeg',
    flag: 'ffmpeg',
    env: 'FFMPEG_PATH',
    value: 'FILE',
    read: read.text,
    help: 'makes H.264 of VP8, VP9 and AV1, AAC of Opus, and the ladder; or none (the one in PATH)',
  }),
  option({
    key: 'maxTranscodes',
    flag: 'max-transcodes',
    env: 'MAX_TRANSCODES',
    value: 'N',
    read: read.integer(0, 1000),
    help: 'streams that ffmpeg works for at once (4)',
  }),
  option({
    key: 'ladder',
    flag: 'ladder',
    env: 'GLASSCAST_LADDER',
    value: 'LIST',
    read: read.ladder,
    help: 'heights of smaller copies that ffmpeg adds, such as 720,480,240 (none)',
  }),
  option({
    key: 'logLevel',
    flag: 'log-level',
    env: 'LOG_LEVEL',
    value: 'LEVEL',
    read: read.logLevel,
    help: 'silent, fatal, error, warn, info, debug or trace (info)',
  }),
];
