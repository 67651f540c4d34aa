/**
 * What the server was told and what follows from it. `Settings` is what flags, environment or a caller give, all of it optional;
 * `Config` is complete, consistent, and all that the rest of the server sees.
 */
import { resolve } from 'node:path';
import { type BitsPerSecond, type Bytes, CAPABILITIES, type Capability, type Milliseconds } from '../../../src/protocol/index.ts';
import { MIN_SECRET_BYTES } from '../auth/sign-token.ts';
import { isLoopbackHost } from '../net/loopback.ts';
import type { LogLevel } from '../telemetry/log.ts';
import { ConfigError } from './config-error.ts';

export interface PhoenixTokens {
  readonly secretKeyBase: string;
  readonly salt: string;
}

export interface Config {
  /** Development: no secret, everything public, loopback alone. */
  readonly mode: 'development' | 'production';
  /** 0 takes a free port. */
  readonly port: number;
  readonly host: string;
  /** Absolute path of the data directory. */
  readonly data: string;
  readonly secret: string | null;
  readonly jwksUrl: URL | null;
  readonly phoenix: PhoenixTokens | null;
  /** What anyone may do without a token. */
  readonly public: readonly Capability[];
  /** Whether joining a room that does not exist makes it. */
  readonly autoCreate: boolean;
  /** Where the world reaches this server; null where that is simply its address. */
  readonly publicUrl: URL | null;
  /** Whether `X-Forwarded-*` is believed. */
  readonly trustProxy: boolean;
  /** Origins of pages that may embed, beside the server's own; `*` stands for all, `loopback` for every origin on this machine. */
  readonly origins: readonly string[];
  /** Null: no STUN; 0 takes a free port. */
  readonly stunPort: number | null;
  readonly turnUrl: string | null;
  readonly turnSecret: string | null;
  readonly partDuration: Milliseconds;
  readonly segmentDuration: Milliseconds;
  /** How much of a live stream stays to be rewound. */
  readonly window: Milliseconds;
  readonly maxPeers: number;
  readonly maxStreams: number;
  /** Who watch over WebSockets at once, all streams together. */
  readonly maxSocketViewers: number;
  /** Of one stream, all of its tracks together. */
  readonly maxBitrate: BitsPerSecond;
  /** Of one broadcast, however often it is resumed; null for no limit. */
  readonly maxDuration: Milliseconds | null;
  /** The program; null takes the one in PATH, else the one that was installed along; `none` is for none at all. */
  readonly ffmpeg: string | null;
  /** Whether broadcasters may have their streams recorded. */
  readonly record: boolean;
  /** Null keeps recordings for ever. */
  readonly recordingsMaxAge: Milliseconds | null;
  /** Of all recordings together; null for no limit. */
  readonly recordingsMaxSize: Bytes | null;
  /** What recording leaves free on the disk. */
  readonly recordingsMinFree: Bytes;
  /** Streams whose pictures are transcoded at once. */
  readonly maxTranscodes: number;
  /** Heights of the renditions that ffmpeg adds below the source, the greatest first. */
  readonly ladder: readonly number[];
  /** Where streams are pushed to as regular HLS: `https://…` by PUT, or `s3://bucket/prefix`; null for nowhere. */
  readonly mirror: URL | null;
  /** Whether media that has left its window is deleted there. */
  readonly mirrorDelete: boolean;
  /** Whether only streams that are recorded are pushed. */
  readonly mirrorRecorded: boolean;
  /** `Authorization` of each PUT. */
  readonly mirrorAuthorization: string | null;
  /** Null for Amazon's own. */
  readonly s3Endpoint: URL | null;
  readonly s3Region: string;
  readonly s3AccessKeyId: string | null;
  readonly s3SecretAccessKey: string | null;
  readonly s3SessionToken: string | null;
  /** Absolute path of the Face Landmarker bundle that pages are served; null for the one that `models` has fetched into the data directory. */
  readonly faceModel: string | null;
  /** Absolute path of the module that looks at pictures; null for the one that ships, `none` for none at all. */
  readonly detector: string | null;
  /** Threads that look at pictures at once; null for as many as there are cores. */
  readonly detectorThreads: number | null;
  /** Pictures that wait to be looked at, of all senders together. */
  readonly maxDetections: number;
  /** Detections a second at most, in each stream that faces are drawn on. */
  readonly overlayDetections: number;
  readonly logLevel: LogLevel;
}

/** What `detector` says where no pictures are looked at. */
export const NO_DETECTOR = 'none';

export type Settings = Partial<Omit<Config, 'mode' | 'phoenix'>> & {
  readonly phoenixSecretKeyBase?: string | null;
  readonly phoenixTokenSalt?: string | null;
};

/** Fills in defaults and checks what only makes sense together. Throws {@link ConfigError}. */
export function completeConfig(settings: Settings): Config {
  const secret = settings.secret ?? null;
  const jwksUrl = settings.jwksUrl ?? null;
  const phoenix = phoenixTokens(settings);
  const mode = secret === null && jwksUrl === null && phoenix === null ? 'development' : 'production';
  const development = mode === 'development';
  const config: Config = {
    mode,
    port: settings.port ?? 4000,
    host: settings.host ?? (development ? '127.0.0.1' : '0.0.0.0'),
    data: resolve(settings.data ?? 'glasscast-data'),
    secret,
    jwksUrl,
    phoenix,
    public: settings.public ?? (development ? CAPABILITIES : ['watch']),
    autoCreate: settings.autoCreate ?? development,
    publicUrl: settings.publicUrl ?? null,
    trustProxy: settings.trustProxy ?? false,
    origins: settings.origins ?? (development ? ['loopback'] : []),
    stunPort: settings.stunPort === undefined ? 3478 : settings.stunPort,
    turnUrl: settings.turnUrl ?? null,
    turnSecret: settings.turnSecret ?? null,
    partDuration: settings.partDuration ?? 200,
    segmentDuration: settings.segmentDuration ?? 2000,
    window: settings.window ?? 30_000,
    maxPeers: settings.maxPeers ?? 8,
    maxStreams: settings.maxStreams ?? 100,
    maxSocketViewers: settings.maxSocketViewers ?? 2000,
    maxBitrate: settings.maxBitrate ?? 20_000_000,
    maxDuration: settings.maxDuration ?? null,
    ffmpeg: settings.ffmpeg ?? null,
    record: settings.record ?? true,
    recordingsMaxAge: settings.recordingsMaxAge ?? null,
    recordingsMaxSize: settings.recordingsMaxSize ?? null,
    recordingsMinFree: settings.recordingsMinFree ?? 200_000_000,
    maxTranscodes: settings.maxTranscodes ?? 4,
    ladder: settings.ladder ?? [],
    mirror: settings.mirror ?? null,
    mirrorDelete: settings.mirrorDelete ?? false,
    mirrorRecorded: settings.mirrorRecorded ?? false,
    mirrorAuthorization: settings.mirrorAuthorization ?? null,
    s3Endpoint: settings.s3Endpoint ?? null,
    s3Region: settings.s3Region ?? 'us-east-1',
    s3AccessKeyId: settings.s3AccessKeyId ?? null,
    s3SecretAccessKey: settings.s3SecretAccessKey ?? null,
    s3SessionToken: settings.s3SessionToken ?? null,
    faceModel: settings.faceModel == null ? null : resolve(settings.faceModel),
    detector: settings.detector == null || settings.detector === NO_DETECTOR ? (settings.detector ?? null) : resolve(settings.detector),
    detectorThreads: settings.detectorThreads ?? null,
    maxDetections: settings.maxDetections ?? 128,
    overlayDetections: settings.overlayDetections ?? 15,
    logLevel: settings.logLevel ?? 'info',
  };
  check(config);
  return config;
}

function phoenixTokens(settings: Settings): PhoenixTokens | null {
  const secretKeyBase = settings.phoenixSecretKeyBase ?? null;
  const salt = settings.phoenixTokenSalt ?? null;
  if (secretKeyBase !== null && salt !== null) return { secretKeyBase, salt };
  if (secretKeyBase === null && salt === null) return null;
  const [given, missing] =
    secretKeyBase === null ? ['PHOENIX_TOKEN_SALT', 'PHOENIX_SECRET_KEY_BASE'] : ['PHOENIX_SECRET_KEY_BASE', 'PHOENIX_TOKEN_SALT'];
  throw new ConfigError(`${given} is set and ${missing} is not: set both, as in the Phoenix application that signs the tokens.`);
}

function check(config: Config): void {
  const { secret, segmentDuration, partDuration, window } = config;
  if (config.mode === 'development' && !isLoopbackHost(config.host)) {
    throw new ConfigError(
      `--host ${config.host}: without a secret everything is public, so the server stays on this machine. ` +
        'Set GLASSCAST_SECRET (for example to the output of: openssl rand -base64 32), or leave --host out.',
    );
  }
  if (secret !== null && Buffer.byteLength(secret) < MIN_SECRET_BYTES) {
    throw new ConfigError(
      `GLASSCAST_SECRET has ${Buffer.byteLength(secret)} bytes and needs at least ${MIN_SECRET_BYTES}: ` +
        'use the output of: openssl rand -base64 32',
    );
  }
  if (partDuration * 2 > segmentDuration) {
    throw new ConfigError(
      `--part-duration ${partDuration}ms: a segment of ${segmentDuration}ms must hold at least two parts; give at most ${segmentDuration / 2}ms.`,
    );
  }
  // RFC 8216bis §6.2.2: a live playlist never holds less than three times the target duration.
  if (window < segmentDuration * 3) {
    throw new ConfigError(
      `--window ${window}ms: it must hold three segments of ${segmentDuration}ms; give at least ${segmentDuration * 3}ms.`,
    );
  }
  if (config.mirror?.protocol === 's3:' && (config.s3AccessKeyId === null || config.s3SecretAccessKey === null)) {
    throw new ConfigError('--mirror s3://…: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and S3_ENDPOINT where it is not Amazon.');
  }
  if ((config.turnUrl === null) !== (config.turnSecret === null)) {
    throw new ConfigError("--turn-url and TURN_SECRET belong together: set both, the secret as in coturn's static-auth-secret.");
  }
}
