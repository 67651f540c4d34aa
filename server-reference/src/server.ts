/** Composes the server from its parts and owns their end. */
import { randomBytes } from 'node:crypto';
import { type AddressInfo, isIP } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Milliseconds } from '../../src/protocol/index.ts';
import { Authenticator } from './auth/authenticator.ts';
import { ingestRoutes } from './broadcasting/routes.ts';
import { framesFamily } from './channels/frames.ts';
import { liveFamily } from './channels/live.ts';
import { lobbyFamily } from './channels/lobby.ts';
import { mediaFamily } from './channels/media.ts';
import { roomFamily } from './channels/room.ts';
import { streamFamily } from './channels/stream.ts';
import { LiveChats } from './chat/live-chats.ts';
import { type Clock, systemClock } from './clock.ts';
import { type Config, completeConfig, type Settings } from './config/config.ts';
import { ConfigError } from './config/config-error.ts';
import { demoDirectory, sdkDirectory } from './directories.ts';
import { Fanout } from './fanout/fanout.ts';
import { apiRoutes } from './http/api.ts';
import { createApp } from './http/app.ts';
import { createAuthorizer } from './http/authorize.ts';
import { frameRoutes } from './http/frames.ts';
import { recordingRoutes } from './http/recordings.ts';
import { roomRoutes } from './http/rooms.ts';
import { staticRoutes } from './http/static.ts';
import { streamRoutes } from './http/streams.ts';
import { vendorRoutes } from './http/vendor.ts';
import { Hub } from './hub/hub.ts';
import { openMirror } from './mirror/open-mirror.ts';
import { openVendored } from './models/open-vendored.ts';
import { iceServers } from './net/ice-servers.ts';
import { SiteGuard } from './net/site-guard.ts';
import { startStun } from './net/stun-server.ts';
import { LiveOrigin } from './origin/live-origin.ts';
import { originRoutes } from './origin/routes.ts';
import { LocalPubSub } from './pubsub/local.ts';
import { nodeDisk } from './recording/disk.ts';
import { Library } from './recording/library.ts';
import { PictureMaker } from './recording/picture-maker.ts';
import { Pictures } from './recording/pictures.ts';
import { recordSessions } from './recording/recorder.ts';
import { Recordings } from './recording/recordings.ts';
import { RoomStore } from './rooms/room-store.ts';
import { Rooms } from './rooms/rooms.ts';
import { LongPollEndpoint } from './socket/long-poll.ts';
import { familiesOf } from './socket/topics.ts';
import { WebSocketEndpoint } from './socket/websocket.ts';
import { createLog, type Log } from './telemetry/log.ts';
import { Readiness } from './telemetry/readiness.ts';
import { DerivedRenditions } from './transcode/derived-renditions.ts';
import { Ffmpeg } from './transcode/ffmpeg.ts';
import { findFfmpeg, NO_FFMPEG } from './transcode/find-ffmpeg.ts';
import { SessionTranscoders } from './transcode/session-transcoders.ts';
import { Slots } from './transcode/slots.ts';
import { Transcoders } from './transcode/transcoders.ts';
import { LiveOverlays } from './vision/live/live-overlays.ts';
import { openDetectionPool } from './vision/open-detection-pool.ts';

const SOCKET_PATH = '/socket';

/** What tests and embedders may replace. */
export interface Surroundings {
  readonly clock?: Clock;
  readonly log?: Log;
}

export interface RunningServer {
  readonly config: Config;
  /** Where it listens, for example `http://127.0.0.1:4000`. */
  readonly url: string;
  readonly port: number;
  /** Null without STUN, also where its port was taken. */
  readonly stunPort: number | null;
  /** The program that it transcodes with; null where there is none. */
  readonly ffmpeg: string | null;
  /** The file of the face model; null where there was none when the server started. */
  readonly faceModel: string | null;
  /** Drains and ends: sockets are closed with 1012, and within `patience` (default 3000 ms) everything is gone. */
  close(patience?: number): Promise<void>;
}

/**
 * Starts the server; it serves when the promise resolves. Throws {@link ConfigError} for settings that cannot be, a taken port among
 * them.
 */
export async function startServer(settings: Settings = {}, surroundings: Surroundings = {}): Promise<RunningServer> {
  const config = completeConfig(settings);
  const clock = surroundings.clock ?? systemClock;
  const log = surroundings.log ?? createLog({ level: config.logLevel });
  const ends = new Ends();
  try {
    return await compose(config, clock, log, ends);
  } catch (error) {
    await ends.run();
    throw error;
  }
}

async function compose(config: Config, clock: Clock, log: Log, ends: Ends): Promise<RunningServer> {
  const developmentSecret = config.mode === 'development' ? randomBytes(32).toString('base64') : null;
  const authenticator = new Authenticator({ ...config, secret: config.secret ?? developmentSecret, publicCan: config.public, clock });
  const authorizer = createAuthorizer(authenticator);
  const guard = new SiteGuard(config);
  const readiness = new Readiness();
  const pubsub = new LocalPubSub();
  const rooms = new Rooms({ store: openStore(config.data), clock, pubsub, maxPeers: config.maxPeers, autoCreate: config.autoCreate });
  ends.add(() => rooms.close());
  let stunProblem: string | null = null;
  const stun =
    config.stunPort === null
      ? null
      : await startStun({ port: config.stunPort, host: stunHost(config), log }).catch((error: unknown) => {
          stunProblem = messageOf(error);
          return null;
        });
  ends.add(() => stun?.close());
  const stunPort = stun?.port ?? null;
  const vendored = await openVendored(config, log);
  const recordings = await openRecordings(config, clock, log);
  ends.add(() => recordings.close());
  const { ffmpeg, derivation, workshop } = await transcoding(config, clock, log);
  const hub = new Hub({ ...config, clock, derivation });
  ends.add(() => hub.close());
  const origin = new LiveOrigin(hub);
  ends.add(() => origin.close());
  ends.add(recordSessions({ hub, origin, recordings: config.record ? recordings : null }));
  const transcoders = new Transcoders({ ffmpeg, slots: workshop.slots, clock, log });
  ends.add(() => transcoders.close());
  const sessionTranscoders = ffmpeg === null ? null : new SessionTranscoders(hub, { ...workshop, ffmpeg });
  ends.add(() => sessionTranscoders?.close());
  const detections = openDetectionPool(config, clock, log);
  ends.add(() => detections?.close());
  const overlays = new LiveOverlays({ ...workshop, ffmpeg, finder: detections, detectRate: config.overlayDetections });
  ends.add(() => overlays.close());
  const broadcasting = { hub, transcoders, overlays, maxDuration: config.maxDuration, publicUrl: config.publicUrl };
  const mirror = openMirror(config, { hub, origin, clock, log });
  const fanout = new Fanout({ hub, maxViewers: config.maxSocketViewers });
  ends.add(() => fanout.close());
  const chats = new LiveChats({ clock, pubsub });
  ends.add(() => chats.close());

  const families = familiesOf([
    lobbyFamily({ rooms, pubsub }),
    roomFamily({ rooms, iceServers: (principal, hostname) => iceServers({ ...config, stunPort, clock }, principal, hostname) }),
    streamFamily(broadcasting),
    liveFamily({ hub, chats, publicUrl: config.publicUrl }),
    mediaFamily({ hub, fanout }),
    framesFamily({ detections }),
  ]);
  const context = { families, authenticator, clock, log, guard, path: SOCKET_PATH };
  const webSockets = new WebSocketEndpoint({ ...context, trustProxy: config.trustProxy });
  const longPolls = new LongPollEndpoint(context);

  const app = await createApp({ log, guard, readiness, trustProxy: config.trustProxy });
  ends.add(() => app.close());
  app.server.on('upgrade', webSockets.upgrade);
  await app.register((scope) => longPolls.routes(scope));
  await app.register(apiRoutes, {
    config,
    clock,
    guard,
    authorizer,
    readiness,
    stunPort,
    faceModel: vendored.faceModel,
    developmentSecret,
  });
  await app.register(roomRoutes, { rooms, authorizer });
  await app.register(streamRoutes, { hub, publicUrl: config.publicUrl, authorizer });
  await app.register(ingestRoutes, { ...broadcasting, authorizer });
  await app.register(frameRoutes, { detections, authorizer });
  await app.register(originRoutes, { origin, authorize: (request, stream) => authorizer.require(request, 'watch', { stream }) });
  const maker = new PictureMaker(ffmpeg?.program ?? null, clock);
  ends.add(() => maker.close());
  const pictures = new Pictures({ recordings, origin, maker, disk: nodeDisk, clock });
  const library = new Library(recordings);
  await app.register(recordingRoutes, { recordings, library, pictures, authorizer, publicUrl: config.publicUrl });
  await app.register(vendorRoutes, vendored);
  await app.register(staticRoutes, { sdkDirectory: sdkDirectory(), demoDirectory: demoDirectory() });
  const port = await listen(app, config);
  // Calls within one network work without STUN. Said only now: where the HTTP port is taken as well, that is what to mend.
  if (stunProblem !== null) log.warn(stunProblem);

  let closing: Promise<void> | null = null;
  const close = async (patience: Milliseconds): Promise<void> => {
    readiness.drain();
    // Broadcasters hear why, and players that wait for a part get the end of their playlist, while there is still a way to them.
    hub.close();
    longPolls.close();
    // The last playlists of a mirror go out meanwhile.
    await Promise.all([webSockets.close(patience / 2), mirror?.close(patience / 2)]);
    const hurried = hurryHttp(app, patience / 2);
    try {
      await ends.run();
    } finally {
      hurried();
    }
  };
  return {
    config,
    url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
    port,
    stunPort,
    ffmpeg: ffmpeg?.program ?? null,
    faceModel: vendored.ready ? vendored.faceModel.path : null,
    close(patience = 3000) {
      closing ??= close(patience);
      return closing;
    },
  };
}

/** HTTP may hide behind a proxy on loopback; UDP passes none, so in production STUN is on every address. */
function stunHost({ mode, host }: Config): string {
  if (mode === 'development') return host === 'localhost' ? '127.0.0.1' : host;
  return isIP(host) === 6 ? '::' : '0.0.0.0';
}

function openStore(data: string): RoomStore {
  try {
    return new RoomStore(data);
  } catch (error) {
    throw new ConfigError(`--data ${data}: ${messageOf(error)}. Give a directory that can be written.`, { cause: error });
  }
}

async function openRecordings(config: Config, clock: Clock, log: Log): Promise<Recordings> {
  const { data, recordingsMaxAge: maxAge, recordingsMaxSize: maxSize, recordingsMinFree: minFree } = config;
  const recordings = new Recordings({ directory: join(data, 'recordings'), disk: nodeDisk, clock, log, maxAge, maxSize, minFree });
  try {
    await recordings.open();
  } catch (error) {
    throw new ConfigError(`--data ${data}: ${messageOf(error)}. Its recordings cannot be read.`, { cause: error });
  }
  return recordings;
}

async function listen(app: FastifyInstance, { host, port }: Config): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE')
      throw new ConfigError(
        `--port ${port}: something else listens there. Give another port, or 0 for a free one (npm start -- --port 0).`,
        {
          cause: error,
        },
      );
    if (code === 'EACCES')
      throw new ConfigError(`--port ${port}: ports below 1024 need a privilege. Give a higher one and put a proxy in front.`, {
        cause: error,
      });
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new ConfigError(`--host ${host}: not an address of this machine.`, { cause: error });
    throw error;
  }
  return (app.server.address() as AddressInfo).port;
}

/** A connection that was answering when the server closed is idle a moment later, and would stay for its keep-alive. */
const IDLE_SWEEP: Milliseconds = 50;

/** While the server closes: ends connections as they fall idle, and all of them after `patience`. In real time, whatever the clock. */
function hurryHttp({ server }: FastifyInstance, patience: Milliseconds): () => void {
  const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP);
  const cut = setTimeout(() => server.closeAllConnections(), patience);
  return () => {
    clearInterval(sweep);
    clearTimeout(cut);
  };
}

/** What was named has to be there; what was not may be missing, unless a ladder was asked for. */
async function transcoding(config: Config, clock: Clock, log: Log) {
  const { ffmpeg: named, ladder, maxTranscodes } = config;
  const program = named === NO_FFMPEG ? null : findFfmpeg(named);
  if (named !== null && named !== NO_FFMPEG && program === null)
    throw new ConfigError(`--ffmpeg ${named}: there is no program. Give the file that ffmpeg is, or none.`);
  const ffmpeg = program === null ? null : new Ffmpeg(program);
  if (ladder.length > 0) {
    if (ffmpeg === null) throw new ConfigError(`--ladder ${ladder}: there is no ffmpeg to make it. Install it, or name it with --ffmpeg.`);
    const { encoders } = await ffmpeg.abilities();
    if (encoders?.has('libx264') === false)
      throw new ConfigError(`--ladder ${ladder}: ${ffmpeg.program} has no libx264. Name another ffmpeg with --ffmpeg.`);
  }
  const derivation = new DerivedRenditions({ ladder, aac: ffmpeg !== null && maxTranscodes > 0 });
  return { ffmpeg, derivation, workshop: { slots: new Slots(maxTranscodes), clock, log } };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What has to end, in the reverse order of its beginning; one failure keeps nothing else from ending. */
class Ends {
  readonly #tasks: (() => unknown)[] = [];

  add(task: () => unknown): void {
    this.#tasks.push(task);
  }

  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (let task = this.#tasks.pop(); task !== undefined; task = this.#tasks.pop()) {
      try {
        await task();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'the server did not end cleanly');
  }
}
