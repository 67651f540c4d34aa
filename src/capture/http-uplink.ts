/**
 * A stream over plain requests, for networks that let no WebSocket through (docs/protocol.md, "HTTP ingest").
 *
 *   closed ──open──▶ joining ──201──▶ joined ──no answer, or gone──▶ dropped ──201 (next epoch)──▶ joined …
 *                       └── refused for good, stopped by the server ──┴──▶ ended
 *   end() and close(), from any of them ─────────────────────────────────▶ closed
 */
import * as v from 'valibot';
import { GlasscastError } from '../protocol/errors.ts';
import {
  BitratePushSchema,
  CreditSchema,
  IngestAnswerSchema,
  type IngestReply,
  IngestReplySchema,
  type IngestRequest,
  OverlayPushSchema,
  RecordingPushSchema,
  StoppedSchema,
  TimeReplySchema,
  type TrackDescription,
  type TracksReply,
  TracksReplySchema,
} from '../protocol/messages/stream.ts';
import type { Milliseconds } from '../protocol/units.ts';
import { WIRE_VERSION } from '../protocol/version.ts';
import type { TimerId } from '../workers/worker-timers.ts';
import type { ClockReport } from './clock-reporter.ts';
import type { CreditReply } from './frame-sender.ts';
import { type IngestAnswer, IngestRequests } from './ingest-requests.ts';
import { mediaRetryDelay } from './media-retry.ts';
import type { StreamInfo, UplinkOptions } from './publisher-options.ts';
import { isRestart, joinParams, stoppedError, type Uplink, type UplinkEnvironment, type UplinkHandler } from './uplink.ts';

/** A large key frame takes so long on the thinnest uplink that is worth using. */
const PATIENCE: Milliseconds = 8_000;
const END_PATIENCE: Milliseconds = 1_500;
/** Before a failed request is sent once more; the server waits 3 s for what is missing. */
const AGAIN: readonly Milliseconds[] = [150, 600];
/** Opening anew is small, and nothing is gained by waiting for the answer of a path that is dead. */
const REOPEN_PATIENCE: Milliseconds = 3_000;
const PROBE_PATIENCE: Milliseconds = 1_500;
/** Where nothing is sent, the server is asked so often what it wants; after 5 s it would take the connection for lost. */
const IDLE: Milliseconds = 1_000;

/** What one opening was given. */
interface Session {
  readonly path: string;
  /** Of the next numbered request. */
  seq: number;
  idle: TimerId | undefined;
  /** What is under way of it is called off when it is lost. */
  readonly over: AbortController;
  probing: boolean;
}

type State = 'closed' | 'joining' | 'joined' | 'dropped' | 'ended';

export class HttpUplink implements Uplink {
  readonly transport = 'http';
  /** The second is on its way while the first is answered; more would only overtake each other. */
  readonly pushesAtOnce = 2;
  /** What a browser has sent of a request it does not tell. */
  readonly bufferedAmount = 0;
  readonly #options: UplinkOptions;
  readonly #handler: UplinkHandler;
  readonly #environment: UplinkEnvironment;
  readonly #requests: IngestRequests;
  readonly #waking = new AbortController();
  #state: State = 'closed';
  #session: Session | null = null;
  #tracks: () => readonly TrackDescription[] = () => [];
  #publishKey: string | null;
  #info: StreamInfo;
  #attempts = 0;
  #retry: TimerId | undefined;
  #opening: Promise<IngestAnswer> | null = null;
  /** What was last told of this outage. */
  #told = '';

  constructor(options: UplinkOptions, handler: UplinkHandler, environment: UplinkEnvironment) {
    this.#options = options;
    this.#handler = handler;
    this.#environment = environment;
    this.#publishKey = options.publishKey;
    this.#info = options.info ?? {};
    this.#requests = new IngestRequests({
      server: options.server,
      token: options.token,
      tokenProvider: environment.tokenProvider,
      timers: environment.timers,
      fetch: environment.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    });
  }

  open(tracks: () => readonly TrackDescription[]): void {
    if (this.#state !== 'closed') return;
    this.#tracks = tracks;
    this.#state = 'joining';
    if (typeof addEventListener === 'function') addEventListener('online', () => this.#wake(), { signal: this.#waking.signal });
    void this.#join();
  }

  async pushChunk(chunk: ArrayBuffer): Promise<CreditReply> {
    return this.#parse(CreditSchema, await this.#numbered(chunk));
  }

  async pushTracks(tracks: readonly TrackDescription[]): Promise<TracksReply> {
    return this.#parse(TracksReplySchema, await this.#numbered({ event: 'tracks', payload: { tracks } }));
  }

  probe(): void {
    const session = this.#session;
    if (session !== null && !session.probing) void this.#probe(session);
  }

  reportClock(report: ClockReport): void {
    this.#cast('clock', report);
  }

  setInfo(info: StreamInfo): void {
    this.#info = { ...this.#info, ...info };
    this.#cast('info', info);
  }

  async serverTime(): Promise<Milliseconds> {
    return this.#parse(TimeReplySchema, await this.#event('time', {})).server_ms;
  }

  setToken(token: string): void {
    this.#requests.setToken(token);
  }

  async end(): Promise<void> {
    const session = this.#session;
    if (session !== null) {
      // Numbered, so that what is on its way before it still counts.
      const answer = await this.#requests.post(`${session.path}?seq=${session.seq++}`, { event: 'end', payload: {} }, END_PATIENCE);
      if (answer.kind !== 'ok' && answer.kind !== 'gone') this.#handler.trouble(answer.error);
    } else if (this.#opening !== null) {
      await this.#callOff(this.#opening);
    }
    this.close();
  }

  close(): void {
    this.#state = 'closed';
    this.#leave();
    this.#waking.abort('closed');
    this.#environment.timers.clearTimeout(this.#retry);
    this.#requests.close();
  }

  async #join(): Promise<void> {
    const { stream } = this.#options;
    const params = { v: WIRE_VERSION, ...joinParams(this.#options, this.#tracks(), this.#publishKey, this.#info) };
    this.#opening = this.#requests.post(`/ingest/${stream}`, params, this.#state === 'dropped' ? REOPEN_PATIENCE : PATIENCE);
    const answer = await this.#opening;
    this.#opening = null;
    if (this.#state !== 'joining' && this.#state !== 'dropped') return;
    if (answer.kind === 'ok') {
      const reply = v.safeParse(IngestReplySchema, answer.body);
      if (reply.success) this.#joined(reply.output);
      else this.#end(new GlasscastError('server', `There is no live video server at ${this.#options.server}.`));
    } else if (answer.kind === 'refused' && !isPassing(answer.error)) {
      this.#end(answer.error);
    } else {
      this.#tell(answer.error);
      this.#scheduleJoin();
    }
  }

  /** What is being opened would keep the stream for a while from whoever broadcasts next, this page included. */
  async #callOff(opening: Promise<IngestAnswer>): Promise<void> {
    this.#state = 'closed';
    const { timers } = this.#environment;
    const late = Promise.withResolvers<null>();
    const timer = timers.setTimeout(() => late.resolve(null), END_PATIENCE);
    const answer = await Promise.race([opening, late.promise]);
    timers.clearTimeout(timer);
    const reply = v.safeParse(IngestReplySchema, answer?.kind === 'ok' ? answer.body : null);
    if (reply.success) await this.#requests.post(`${reply.output.ingest}?seq=0`, { event: 'end', payload: {} }, END_PATIENCE);
  }

  #joined(reply: IngestReply): void {
    this.#session = { path: reply.ingest, seq: 0, idle: undefined, over: new AbortController(), probing: false };
    this.#publishKey = reply.publish_key;
    this.#attempts = 0;
    this.#told = '';
    this.#state = 'joined';
    this.#watchIdle(this.#session);
    this.#handler.joined(reply);
  }

  /** In the order in which these are called, whatever overtakes what on the way. */
  async #numbered(body: ArrayBuffer | object): Promise<unknown> {
    const session = this.#require();
    const path = `${session.path}?seq=${session.seq++}`;
    let answer = await this.#ask(session, path, body);
    for (const delay of AGAIN) {
      if (answer.kind !== 'lost' || session !== this.#session) break;
      await new Promise<void>((resolve) => this.#environment.timers.setTimeout(resolve, delay));
      answer = await this.#ask(session, path, body);
    }
    return this.#settle(session, answer);
  }

  async #event(event: string, payload: object): Promise<unknown> {
    const session = this.#require();
    return this.#settle(session, await this.#ask(session, session.path, { event, payload }));
  }

  /** A link that is merely slow answers something so small; one that is dead does not. */
  async #probe(session: Session): Promise<void> {
    session.probing = true;
    const answer = await this.#requests.post(session.path, { event: 'time', payload: {} }, PROBE_PATIENCE, session.over.signal);
    session.probing = false;
    if (session === this.#session && (answer.kind === 'late' || answer.kind === 'lost')) this.#drop(answer.error);
  }

  /** Whose answer nobody awaits. Lost while not joined; a rejoin tells it anew. */
  #cast(event: string, payload: object): void {
    if (this.#session === null) return;
    this.#event(event, payload).catch((error: GlasscastError) => {
      if (error.code !== 'network') this.#handler.trouble(error);
    });
  }

  async #ask(session: Session, path: string, body: ArrayBuffer | object): Promise<IngestAnswer> {
    if (session !== this.#session) return { kind: 'gone', error: notJoined() };
    this.#watchIdle(session);
    return await this.#requests.post(path, body, PATIENCE, session.over.signal);
  }

  #settle(session: Session, answer: IngestAnswer): unknown {
    // What an earlier opening was answered says nothing of this one.
    if (session !== this.#session) throw notJoined();
    if (answer.kind === 'ok') {
      this.#heed(answer.body);
      return answer.body;
    }
    if (answer.kind === 'refused') {
      this.#heed(answer.details);
      if (session === this.#session && isOver(answer.error)) this.#end(answer.error);
    } else {
      this.#drop(answer.error);
    }
    throw answer.error;
  }

  /** What the server has asked for since it was last heard. */
  #heed(body: unknown): void {
    const parsed = v.safeParse(IngestAnswerSchema, body);
    for (const request of parsed.success ? parsed.output.requests : []) this.#obey(request);
  }

  #obey({ event, payload }: IngestRequest): void {
    if (event === 'keyframe') {
      this.#handler.keyFrameWanted();
    } else if (event === 'bitrate' && v.is(BitratePushSchema, payload)) {
      this.#handler.bitrateLimited(payload.track, payload.bps);
    } else if (event === 'recording' && v.is(RecordingPushSchema, payload)) {
      this.#handler.recording(payload);
    } else if (event === 'overlay' && v.is(OverlayPushSchema, payload)) {
      this.#handler.overlay?.(payload);
    } else if (event === 'stopped' && v.is(StoppedSchema, payload)) {
      const error = stoppedError(payload.reason);
      if (isRestart(payload.reason)) this.#drop(error);
      else this.#end(error);
    }
  }

  #drop(error: GlasscastError): void {
    if (this.#state !== 'joined') return;
    this.#leave();
    this.#state = 'dropped';
    this.#tell(error);
    this.#handler.dropped();
    this.#scheduleJoin();
  }

  #end(error: GlasscastError): void {
    if (this.#state === 'closed' || this.#state === 'ended') return;
    this.#leave();
    this.#state = 'ended';
    this.#handler.ended(error);
  }

  #leave(): void {
    this.#environment.timers.clearTimeout(this.#session?.idle);
    // A reason without a stack, which would keep everything alive that was under way.
    this.#session?.over.abort('lost');
    this.#session = null;
  }

  #scheduleJoin(): void {
    if (this.#state !== 'joining' && this.#state !== 'dropped') return;
    const { timers } = this.#environment;
    timers.clearTimeout(this.#retry);
    this.#retry = timers.setTimeout(() => this.#wake(), mediaRetryDelay(this.#attempts++, this.#environment.random));
  }

  #wake(): void {
    if (this.#retry === undefined) return;
    this.#environment.timers.clearTimeout(this.#retry);
    this.#retry = undefined;
    void this.#join();
  }

  #watchIdle(session: Session): void {
    const { timers } = this.#environment;
    timers.clearTimeout(session.idle);
    session.idle = timers.setTimeout(() => this.#cast('time', {}), IDLE);
  }

  /** One message an outage, however many attempts. */
  #tell(error: GlasscastError): void {
    if (this.#told === error.message) return;
    this.#told = error.message;
    this.#handler.trouble(error);
  }

  #parse<T>(schema: v.GenericSchema<unknown, T>, body: unknown): T {
    const parsed = v.safeParse(schema, body);
    if (parsed.success) return parsed.output;
    throw new GlasscastError('server', "The server's answer makes no sense.", { details: parsed.issues });
  }

  #require(): Session {
    if (this.#session === null) throw notJoined();
    return this.#session;
  }
}

const notJoined = (): GlasscastError => new GlasscastError('network', 'The stream is not joined.');

/** Refusals of an opening that may pass by themselves. */
const isPassing = ({ code }: GlasscastError): boolean => code === 'server' || code === 'limit';

/** Refusals after which nothing of this session will be taken. */
const isOver = ({ code }: GlasscastError): boolean => code === 'unauthorized' || code === 'token-expired' || code === 'stream-taken';
