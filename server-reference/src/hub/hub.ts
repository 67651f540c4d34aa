/** All streams of this server. Ingests publish into it, outputs are attached to each session as it opens. */
import type { BitsPerSecond, Milliseconds } from '../../../src/protocol/index.ts';
import type { CancelTimer, Clock } from '../clock.ts';
import type { Viewer } from './audience.ts';
import type { Derivation } from './derivation.ts';
import { LiveStream, type PublishRequest, type StreamStatus } from './live-stream.ts';
import { Publication, type RecordingNotice } from './publication.ts';
import type { Session } from './session.ts';

export interface HubOptions {
  readonly clock: Clock;
  readonly partDuration: Milliseconds;
  readonly segmentDuration: Milliseconds;
  /** How much of a stream is held. */
  readonly window: Milliseconds;
  readonly maxStreams: number;
  /** Of one broadcaster, all tracks together. */
  readonly maxBitrate: BitsPerSecond;
  /** What is made here beside what broadcasters send; nothing by default. */
  readonly derivation?: Derivation;
  /** Fills an array with random bytes; the platform's cryptographic source by default. */
  readonly random?: (bytes: Uint8Array<ArrayBuffer>) => void;
}

export type PublishOutcome =
  | { readonly ok: true; readonly publication: Publication }
  | { readonly ok: false; readonly reason: 'stream-taken'; readonly mayTakeOver: boolean }
  | { readonly ok: false; readonly reason: 'limit' };

export class Hub {
  readonly options: HubOptions;
  readonly #streams = new Map<string, LiveStream>();
  readonly #sessionListeners = new Set<(session: Session) => void>();
  readonly #forget = new Map<string, CancelTimer>();
  #closed = false;

  constructor(options: HubOptions) {
    this.options = options;
  }

  get clock(): Clock {
    return this.options.clock;
  }

  /** Calls `listener` with every session that opens, before its first epoch: the moment to subscribe an output. */
  onSession(listener: (session: Session) => void): () => void {
    this.#sessionListeners.add(listener);
    return () => this.#sessionListeners.delete(listener);
  }

  publish(name: string, request: PublishRequest): PublishOutcome {
    if (this.#closed) return { ok: false, reason: 'limit' };
    const existing = this.#streams.get(name);
    if (existing?.occupied !== true && this.#occupied() >= this.options.maxStreams) return { ok: false, reason: 'limit' };
    const publication = this.#stream(name).publish(request);
    return publication instanceof Publication ? { ok: true, publication } : { ok: false, reason: 'stream-taken', ...publication };
  }

  status(name: string): StreamStatus {
    const waiting = {
      name,
      state: 'waiting',
      session: null,
      startedAt: null,
      title: null,
      description: null,
      viewers: 0,
      recording: null,
    } as const;
    return this.#streams.get(name)?.status ?? waiting;
  }

  /** The session that is running or was the last, while it is remembered. */
  session(name: string): Session | null {
    return this.#streams.get(name)?.session ?? null;
  }

  /** Whether this token's subject is the one of whoever broadcasts or may come back. */
  owns(name: string, subject: string | null): boolean {
    return subject !== null && this.#streams.get(name)?.ownerSubject === subject;
  }

  /** The codec string of a rendition, as its bitstream has it. */
  codec(name: string, rendition: string): string | null {
    return this.session(name)?.epoch?.tracks.get(rendition)?.config.codec ?? null;
  }

  /** Asks whoever broadcasts for a key frame. */
  requestKeyframe(name: string): void {
    this.#streams.get(name)?.requestKeyframe();
  }

  /** Tells whoever broadcasts, and whoever asks for the stream's status, how its recording stands. */
  recording(name: string, notice: RecordingNotice): void {
    this.#streams.get(name)?.recording(notice);
  }

  /** Streams that are live, away or just ended. */
  list(): StreamStatus[] {
    return [...this.#streams.values()].map(({ status }) => status).filter(({ state }) => state !== 'waiting');
  }

  /** Counts a viewer until the returned function is called, and tells it every change. */
  watch(name: string, viewer: Viewer<StreamStatus>): () => void {
    return this.#stream(name).watch(viewer);
  }

  /** Ends every stream; broadcasters are told. */
  close(): void {
    this.#closed = true;
    for (const stream of this.#streams.values()) stream.close('draining');
    for (const cancel of this.#forget.values()) cancel();
    this.#forget.clear();
    this.#streams.clear();
  }

  #occupied(): number {
    let count = 0;
    for (const stream of this.#streams.values()) if (stream.occupied) count++;
    return count;
  }

  #stream(name: string): LiveStream {
    this.#forget.get(name)?.();
    this.#forget.delete(name);
    const existing = this.#streams.get(name);
    if (existing !== undefined) return existing;
    const stream: LiveStream = new LiveStream(name, {
      clock: this.options.clock,
      partDuration: this.options.partDuration,
      window: this.options.window,
      derivation: this.options.derivation,
      randomId: (length) => this.#randomId(length),
      opened: (session) => this.#opened(stream, session),
      changed: (it) => this.#forgetIdle(it),
    });
    this.#streams.set(name, stream);
    return stream;
  }

  #opened(stream: LiveStream, session: Session): void {
    for (const listener of this.#sessionListeners) listener(session);
    const flowing = (): void => stream.flowing();
    // The first frames of an epoch are what makes a stream live, and live again.
    session.subscribe({ epoch: flowing, frame() {}, gap() {}, end() {} });
  }

  #forgetIdle(stream: LiveStream): void {
    if (!stream.idle || this.#forget.has(stream.name) || this.#closed) return;
    // An ended stream is remembered for as long as its media can be fetched: RFC 8216bis §6.2.2 keeps what was listed last for a window more.
    const delay = stream.state === 'ended' ? 2 * (stream.session?.packaging.window ?? this.options.window) : 0;
    const forget = (): void => {
      this.#forget.delete(stream.name);
      if (stream.idle) this.#streams.delete(stream.name);
    };
    this.#forget.set(stream.name, this.options.clock.after(delay, forget));
  }

  #randomId(length: number): string {
    const alphabet = 'abcdefghijklmnopqrstuvwxyz012345';
    const bytes = new Uint8Array(length);
    if (this.options.random === undefined) crypto.getRandomValues(bytes);
    else this.options.random(bytes);
    // 32 letters: five bits of each byte, without bias.
    return [...bytes].map((byte) => alphabet[byte & 31]).join('');
  }
}
