/**
 * The link to one peer: one RTCPeerConnection and its negotiation.
 *
 *   connecting ──▶ connected ⇄ interrupted (ICE restarts under way)
 *        │                          │
 *        └──── restarts used up ────┴──▶ failed     close(), from any ──▶ closed
 *
 * The side with the greater id makes the first offer. After that either side may, and perfect negotiation settles a glare: the lesser
 * id is polite and takes its own offer back. Every offer carries a number; an answer that names another one than ours is dropped.
 * All work on the connection runs in one queue, so each message meets a settled state.
 */
import { GlasscastError } from '../protocol/errors.ts';
import type { Milliseconds } from '../protocol/units.ts';
import { Emitter } from '../signaling/emitter.ts';
import type { TimerId, Timers } from '../workers/worker-timers.ts';
import { type Candidate, CandidateQueue } from './candidate-queue.ts';
import { type Kind, LinkMedia } from './link-media.ts';
import type { SlotTracks } from './slots.ts';

export type LinkState = 'connecting' | 'connected' | 'interrupted' | 'failed' | 'closed';

export type LinkMessage =
  | { readonly event: 'offer'; readonly n: number; readonly sdp: { readonly type: 'offer'; readonly sdp: string } }
  | { readonly event: 'answer'; readonly n: number; readonly sdp: { readonly type: 'answer'; readonly sdp: string } }
  | { readonly event: 'ice'; readonly n: number; readonly candidate: Candidate | null };

export interface PeerLinkOptions {
  readonly localId: string;
  readonly remoteId: string;
  readonly configuration: RTCConfiguration;
  readonly createPeerConnection: (configuration: RTCConfiguration) => RTCPeerConnection;
  readonly tracks: SlotTracks;
  readonly timers: Timers;
  /** False when the message could not be sent now; it is then not sent at all. */
  readonly send: (message: LinkMessage) => boolean;
}

export interface PeerLinkEvents {
  state: LinkState;
  track: MediaStreamTrack;
  /** The other side has begun anew with another connection; this link is of no more use, and the offer belongs to its successor. */
  replaced: Extract<LinkMessage, { event: 'offer' }>;
  error: GlasscastError;
}

/** How long to wait for an answer, or for the other side's first offer, before helping along. */
const PATIENCE_MS: Milliseconds = 5000;
/** The greater id restarts at once; the lesser after this, if that did not help. */
const SECOND_RESTART_MS: Milliseconds = 1500;
const MAX_RESTARTS = 3;
const MAX_UNANSWERED = 6;
/** A watched link is looked at this often. */
const WATCH_MS: Milliseconds = 1000;

export class PeerLink extends Emitter<PeerLinkEvents> {
  readonly remoteId: string;
  readonly #options: PeerLinkOptions;
  readonly #connection: RTCPeerConnection;
  readonly #media: LinkMedia;
  readonly #candidates = new CandidateQueue();
  readonly #polite: boolean;
  #state: LinkState = 'connecting';
  readonly #steps: (() => Promise<void>)[] = [];
  #working = false;
  /** The highest number that either side has used. */
  #n = 0;
  /** The number of our offer that awaits its answer. */
  #offered: number | null = null;
  #restarts = 0;
  /** How often the pending offer was sent. */
  #unanswered = 0;
  #patience: TimerId | undefined;
  #restartTimer: TimerId | undefined;
  #watch: TimerId | undefined;
  #received = 0;

  constructor(options: PeerLinkOptions) {
    super();
    this.#options = options;
    this.remoteId = options.remoteId;
    this.#polite = options.localId < options.remoteId;
    this.#connection = options.createPeerConnection(options.configuration);
    this.#media = new LinkMedia(this.#connection, options.tracks);
    this.#connection.onicecandidate = ({ candidate }) => this.#gathered(candidate);
    this.#connection.onconnectionstatechange = () => this.#connectionChanged();
    this.#connection.ontrack = ({ track }) => this.emit('track', track);
  }

  get state(): LinkState {
    return this.#state;
  }

  /** True for the side that makes the first offer. */
  get offersFirst(): boolean {
    return !this.#polite;
  }

  /** Makes the first offer, or waits for it. */
  start(): void {
    if (this.offersFirst) this.#enqueue(() => this.#offer(false));
    else this.#waitFor(() => this.#enqueue(() => this.#offer(false)));
  }

  handleOffer(n: number, sdp: string): void {
    this.#enqueue(() => this.#takeOffer(n, sdp));
  }

  handleAnswer(n: number, sdp: string): void {
    this.#enqueue(() => this.#takeAnswer(n, sdp));
  }

  handleCandidate(n: number, candidate: Candidate | null): void {
    // The end of the gathering needs no signal: checks end by themselves (RFC 8838 §8.2 is an optimisation).
    if (candidate === null) return;
    this.#enqueue(async () => {
      if (this.#candidates.add(candidate, n)) await this.#applyCandidate(candidate);
    });
  }

  /** Sends another track, or none, from here on; nothing is negotiated. */
  setTrack(kind: Kind, track: MediaStreamTrack | null): void {
    this.#enqueue(() => this.#media.replace(kind, track));
  }

  /** Looks for another way through the network while media goes on over the old one, if that still works. */
  restart(): void {
    this.#enqueue(() => this.#offer(true));
  }

  /** Signaling is back after a drop: whatever was lost meanwhile is made good. */
  resync(): void {
    if (this.#state !== 'connected' && this.#state !== 'closed') this.restart();
  }

  /**
   * Looks at what arrives, or stops doing so. ICE takes some 8 s to notice that nobody is there any more; of somebody whose socket is
   * lost it is worth knowing sooner.
   */
  setWatched(watched: boolean): void {
    const { timers } = this.#options;
    if (watched === (this.#watch !== undefined)) return;
    timers.clearInterval(this.#watch);
    this.#watch = watched ? timers.setInterval(() => void this.#look(), WATCH_MS) : undefined;
    this.#received = 0;
  }

  getStats(): Promise<RTCStatsReport> {
    return this.#connection.getStats();
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#options.timers.clearTimeout(this.#patience);
    this.#options.timers.clearTimeout(this.#restartTimer);
    this.setWatched(false);
    this.#connection.onicecandidate = null;
    this.#connection.onconnectionstatechange = null;
    this.#connection.ontrack = null;
    this.#connection.close();
    this.removeAllListeners();
    this.#setState('closed');
  }

  async #offer(iceRestart: boolean): Promise<void> {
    if (this.#connection.signalingState !== 'stable') {
      this.#resendOffer();
      return;
    }
    this.#media.open();
    if (iceRestart) this.#connection.restartIce();
    this.#n += 1;
    this.#offered = this.#n;
    this.#unanswered = 0;
    await this.#connection.setLocalDescription();
    this.#resendOffer();
  }

  #resendOffer(): void {
    const description = this.#connection.localDescription;
    if (this.#offered === null || description?.type !== 'offer') return;
    this.#options.send({ event: 'offer', n: this.#offered, sdp: { type: 'offer', sdp: description.sdp } });
    this.#unanswered += 1;
    this.#waitFor(() => {
      // The same offer again: whoever had it before answers it again, with the same parameters.
      if (this.#unanswered < MAX_UNANSWERED || this.#state === 'connected') this.#enqueue(async () => this.#resendOffer());
      else this.#setState('failed');
    });
  }

  async #takeOffer(n: number, sdp: string): Promise<void> {
    const previous = this.#connection.remoteDescription;
    if (previous !== null && fingerprintOf(previous.sdp) !== fingerprintOf(sdp)) {
      this.emit('replaced', { event: 'offer', n, sdp: { type: 'offer', sdp } });
      return;
    }
    const glare = this.#connection.signalingState !== 'stable';
    // The polite side takes its offer back and answers ours.
    if (glare && !this.#polite) return;
    this.#options.timers.clearTimeout(this.#patience);
    this.#n = Math.max(this.#n, n);
    this.#offered = null;
    await this.#connection.setRemoteDescription({ type: 'offer', sdp });
    // Tracks and candidates need no turn of their own: the other side waits for the answer.
    await Promise.all([this.#media.join(), this.#answer(n), this.#applyCandidates(sdp, n)]);
  }

  async #answer(n: number): Promise<void> {
    await this.#connection.setLocalDescription();
    const answer = this.#connection.localDescription;
    if (answer?.type === 'answer') this.#options.send({ event: 'answer', n, sdp: { type: 'answer', sdp: answer.sdp } });
  }

  async #takeAnswer(n: number, sdp: string): Promise<void> {
    if (n !== this.#offered || this.#connection.signalingState !== 'have-local-offer') return;
    this.#options.timers.clearTimeout(this.#patience);
    this.#offered = null;
    await this.#connection.setRemoteDescription({ type: 'answer', sdp });
    await this.#applyCandidates(sdp, n);
  }

  async #applyCandidates(sdp: string, n: number): Promise<void> {
    for (const candidate of this.#candidates.describe(sdp, n)) await this.#applyCandidate(candidate);
  }

  async #applyCandidate(candidate: Candidate): Promise<void> {
    try {
      await this.#connection.addIceCandidate(candidate as RTCIceCandidateInit);
    } catch (cause) {
      // One candidate that this browser cannot use (an unknown transport, an address it cannot resolve) leaves the others.
      this.emit('error', new GlasscastError('ice-failed', 'A network path was not understood.', { cause }));
    }
  }

  #gathered(candidate: RTCIceCandidate | null): void {
    const n = this.#n;
    // The description the candidate belongs to is sent from the queue: what it precedes there, it must follow here.
    this.#enqueue(async () => {
      this.#options.send({ event: 'ice', n, candidate: candidate === null ? null : candidateOf(candidate) });
    });
  }

  #connectionChanged(): void {
    const { timers } = this.#options;
    switch (this.#connection.connectionState) {
      case 'connected':
        this.#restarts = 0;
        timers.clearTimeout(this.#restartTimer);
        this.#setState('connected');
        break;
      case 'disconnected':
        this.#setState('interrupted');
        this.#restartSoon();
        break;
      case 'failed':
      case 'closed':
        if (this.#restarts >= MAX_RESTARTS || this.#connection.connectionState === 'closed') {
          this.#setState('failed');
          return;
        }
        this.#setState('interrupted');
        this.#restartSoon();
        break;
      default:
        break;
    }
  }

  async #look(): Promise<void> {
    if (this.#connection.connectionState !== 'connected') return;
    const received = bytesReceived(await this.#connection.getStats());
    if (this.#watch === undefined || this.#isClosed()) return;
    const before = this.#received;
    this.#received = received;
    // Also with camera and microphone off both ends of a living link hear of each other by RTCP.
    if (before > 0) this.#setState(received > before ? 'connected' : 'interrupted');
  }

  #restartSoon(): void {
    const { timers } = this.#options;
    timers.clearTimeout(this.#restartTimer);
    if (this.offersFirst) {
      this.#restartOnce();
      return;
    }
    this.#restartTimer = timers.setTimeout(() => this.#restartOnce(), SECOND_RESTART_MS);
  }

  #restartOnce(): void {
    this.#restarts += 1;
    this.restart();
  }

  #waitFor(help: () => void): void {
    const { timers } = this.#options;
    timers.clearTimeout(this.#patience);
    this.#patience = timers.setTimeout(() => {
      if (this.#state !== 'closed' && this.#state !== 'failed') help();
    }, PATIENCE_MS);
  }

  /** A step begins at once where none is under way: joining a call is a race. */
  #enqueue(step: () => Promise<void>): void {
    this.#steps.push(step);
    if (!this.#working) void this.#work();
  }

  /** A step that throws leaves the steps behind it, and every other link, alone; this link has failed and is built anew. */
  async #work(): Promise<void> {
    this.#working = true;
    for (let step = this.#steps.shift(); step !== undefined && !this.#isClosed(); step = this.#steps.shift()) {
      try {
        await step();
      } catch (cause) {
        if (this.#isClosed()) return;
        this.emit('error', new GlasscastError('ice-failed', 'The negotiation with a participant failed.', { cause }));
        this.#setState('failed');
      }
    }
    this.#working = false;
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #setState(state: LinkState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.emit('state', state);
  }
}

function candidateOf(candidate: RTCIceCandidate): Candidate {
  const { sdpMid, sdpMLineIndex, usernameFragment } = candidate;
  return { candidate: candidate.candidate, sdpMid, sdpMLineIndex, usernameFragment };
}

/** The certificate of the other side's connection: stays the same for its whole life. */
function fingerprintOf(sdp: string): string | undefined {
  return /^a=fingerprint:(.+)$/m.exec(sdp)?.[1]?.trim().toLowerCase();
}

/** What came in over all paths, connectivity checks not counted. */
function bytesReceived(report: RTCStatsReport): number {
  let sum = 0;
  for (const stats of report.values()) if (stats.type === 'candidate-pair') sum += stats.bytesReceived ?? 0;
  return sum;
}
