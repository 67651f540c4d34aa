/**
 * The link to one peer: one RTCPeerConnection and its negotiation.
 *
 *   connecting ──▶ connected ⇄ interrupted (ICE restarts under way)
 *        │                          │
 *        └──── restarts used up ────┴──▶ failed     close(), from any ──▶ closed
 *
 * The side with the greater id makes the first offer. After that either side may, and perfect negotiation settles a glare: the lesser
 * id is polite and answers the other's offer instead. It need not take its own back, which Chromium does badly: of a connection in use it
 * applies its own only when the answer is there. Every offer carries a number; an answer that names another one than ours is dropped.
 * All work on the connection runs in one queue, so each message meets a settled state; what could not be offered in the midst of an
 * exchange is offered after it.
 */
import { GlasscastError } from '../protocol/errors.ts';
import type { Milliseconds } from '../protocol/units.ts';
import { Emitter } from '../signaling/emitter.ts';
import type { TimerId } from '../workers/worker-timers.ts';
import type { ArrivalWatch } from './arrival-watch.ts';
import { type Candidate, CandidateQueue, candidateOf } from './candidate-queue.ts';
import { checkDescription, isOfAnother, ufragOf } from './description.ts';
import type { Frame, LinkState, PeerLinkEvents, PeerLinkOptions } from './link-interface.ts';
import { type EncodedSlot, type EncodingWish, type EncodingWishes, LinkMedia } from './link-media.ts';
import type { Slot } from './slots.ts';
import { StepQueue } from './step-queue.ts';

/** How long to wait for an answer, or for the other side's first offer, before helping along. */
const PATIENCE_MS: Milliseconds = 5000;
/** The greater id restarts at once; the lesser after this, if that did not help. */
const SECOND_RESTART_MS: Milliseconds = 1500;
const MAX_RESTARTS = 3;
const MAX_UNANSWERED = 6;

export class PeerLink extends Emitter<PeerLinkEvents> {
  readonly remoteId: string;
  readonly #options: PeerLinkOptions;
  readonly #connection: RTCPeerConnection;
  readonly #media: LinkMedia;
  readonly #channel: RTCDataChannel;
  readonly #candidates = new CandidateQueue();
  readonly #polite: boolean;
  #state: LinkState = 'connecting';
  readonly #steps: StepQueue;
  /** The highest number that either side has used. */
  #n = 0;
  /** The number of our offer that awaits its answer. */
  #offered: number | null = null;
  /** That offer, where it is applied with its answer. */
  #withheld: string | undefined;
  #wantsRestart = false;
  /** Whether the pending offer restarts ICE, or is the first. */
  #offersRestart = false;
  #restarts = 0;
  /** How often the pending offer was sent. */
  #unanswered = 0;
  #patience: TimerId | undefined;
  /** The restart of the side that waits for the other's. */
  #second: TimerId | undefined;
  #watched = false;
  #watch: ArrivalWatch | undefined;

  constructor(options: PeerLinkOptions) {
    super();
    this.#options = options;
    this.remoteId = options.remoteId;
    this.#polite = options.localId < options.remoteId;
    // Whatever goes wrong leaves every other link alone; this one has failed and is built anew.
    this.#steps = new StepQueue((cause) => {
      this.#report('The negotiation with a participant failed.', cause);
      this.#setState('failed');
    });
    this.#connection = options.createPeerConnection(options.configuration);
    this.#media = new LinkMedia(this.#connection, options.tracks, options.encodings);
    // Negotiated by both, so that it is in the first offer and costs no exchange of its own.
    this.#channel = this.#connection.createDataChannel('glasscast', { negotiated: true, id: 0 });
    this.#channel.binaryType = 'arraybuffer';
    this.#channel.onopen = () => this.emit('open', undefined);
    this.#channel.onmessage = ({ data }: MessageEvent<Frame>) => this.emit('frame', data);
    this.#connection.onicecandidate = ({ candidate }) => this.#gathered(candidate);
    this.#connection.onconnectionstatechange = () => this.#connectionChanged();
    this.#connection.ontrack = ({ track, transceiver }) => {
      const slot = this.#media.slotOf(transceiver);
      if (slot !== undefined) this.emit('track', { slot, track });
    };
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
    if (this.offersFirst) this.#steps.add(() => this.#offer());
    else this.#waitFor(() => this.#steps.add(() => this.#offer()));
  }

  handleOffer(n: number, sdp: string): void {
    this.#steps.add(() => this.#takeOffer(n, sdp));
  }

  handleAnswer(n: number, sdp: string): void {
    this.#steps.add(() => this.#takeAnswer(n, sdp));
  }

  handleCandidate(n: number, candidate: Candidate | null): void {
    // The end of the gathering needs no signal: checks end by themselves (RFC 8838 §8.2 is an optimisation).
    if (candidate === null) return;
    this.#steps.add(async () => {
      if (this.#candidates.add(candidate, n)) await this.#applyCandidate(candidate);
    });
  }

  /** Sends another track, or none, from here on. Only the first shared screen is negotiated. */
  setTrack(slot: Slot, track: MediaStreamTrack | null): void {
    this.#steps.add(async () => {
      await this.#media.replace(slot, track);
      // Until there is a first exchange, it takes up every track by itself.
      if (this.#connection.remoteDescription !== null) await this.#catchUp();
    });
  }

  /** Adds to what was wished of the slot's encoding before; holds for every track that is sent in it. */
  setEncoding(slot: EncodedSlot, wish: EncodingWish): void {
    this.#media.wish(slot, wish);
    this.#encode([slot]);
  }

  /** All that was wished, for the link that takes this one's place. */
  get encodings(): EncodingWishes {
    return this.#media.wishes;
  }

  /** The other side shows the slot, or does not and is sent nothing of it. */
  setShown(slot: EncodedSlot, shown: boolean): void {
    this.#media.setShown(slot, shown);
    this.#encode([slot]);
  }

  sender(slot: Slot): RTCRtpSender | undefined {
    return this.#media.find(slot)?.sender;
  }

  receiver(slot: Slot): RTCRtpReceiver | undefined {
    return this.#media.find(slot)?.receiver;
  }

  /** Sends over the data channel. False when it could not be sent, and was not. */
  sendFrame(frame: Frame): boolean {
    if (this.#channel.readyState !== 'open') return false;
    try {
      // The overloads of the method take one type each.
      this.#channel.send(frame as string);
      return true;
    } catch {
      // Its buffer is full, or it closes.
      return false;
    }
  }

  /** Looks for another way through the network while media goes on over the old one, if that still works. */
  restart(): void {
    this.#steps.add(async () => {
      this.#wantsRestart ||= this.#offered === null || !this.#offersRestart;
      await this.#offer();
    });
  }

  /** Signaling is back after a drop: whatever was lost meanwhile is made good. */
  resync(): void {
    if (this.#offered === null && this.#state !== 'connected' && this.#state !== 'closed') this.restart();
    else this.#steps.add(async () => this.#sendOffer());
  }

  /**
   * Looks at what arrives, or stops doing so. ICE takes some 8 s to notice that nobody is there any more; of somebody whose socket is
   * lost it is worth knowing sooner.
   */
  setWatched(watched: boolean): void {
    if (watched === this.#watched) return;
    this.#watched = watched;
    this.#watch?.close();
    this.#watch = undefined;
    if (!watched) return;
    void import('./arrival-watch.ts').then(
      ({ ArrivalWatch }) => {
        if (!this.#watched || this.#watch !== undefined) return;
        const told = (arrives: boolean): void => this.#setState(arrives ? 'connected' : 'interrupted');
        this.#watch = new ArrivalWatch(this.#connection, this.#options.timers, told);
      },
      // ICE notices as well, if later.
      () => undefined,
    );
  }

  getStats(): Promise<RTCStatsReport> {
    return this.#connection.getStats();
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#options.timers.clearTimeout(this.#patience);
    this.#options.timers.clearTimeout(this.#second);
    this.setWatched(false);
    this.#steps.close();
    this.#connection.onicecandidate = null;
    this.#connection.onconnectionstatechange = null;
    this.#connection.ontrack = null;
    this.#channel.onopen = null;
    this.#channel.onmessage = null;
    this.#connection.close();
    this.removeAllListeners();
    this.#setState('closed');
  }

  async #offer(): Promise<void> {
    if (!this.#isSettled) {
      this.#sendOffer();
      return;
    }
    this.#media.open();
    this.#offersRestart = this.#wantsRestart || this.#connection.remoteDescription === null;
    if (this.#wantsRestart) this.#connection.restartIce();
    this.#wantsRestart = false;
    this.#n += 1;
    this.#offered = this.#n;
    this.#unanswered = 0;
    // Candidates of a restart are gathered once it is applied.
    if (this.#polite && !this.#offersRestart) this.#withheld = (await this.#connection.createOffer()).sdp;
    else await this.#connection.setLocalDescription();
    this.#sendOffer();
  }

  /** Sends the pending offer, for the first time or again, with the candidates that are known by now. */
  #sendOffer(): void {
    const { localDescription: applied } = this.#connection;
    const sdp = this.#withheld ?? (applied?.type === 'offer' ? applied.sdp : undefined);
    if (this.#offered === null || sdp === undefined) return;
    const sent = this.#options.send({ event: 'offer', n: this.#offered, sdp: { type: 'offer', sdp } });
    // Nobody can answer what was not sent.
    if (sent) this.#unanswered += 1;
    this.#waitFor(() => {
      // The same offer again: whoever had it before answers it again, with the same parameters.
      if (this.#unanswered < MAX_UNANSWERED || this.#state === 'connected') this.#steps.add(async () => this.#sendOffer());
      else this.#setState('failed');
    });
  }

  async #takeOffer(n: number, sdp: string): Promise<void> {
    const before = this.#connection.remoteDescription?.sdp;
    if (isOfAnother(sdp, before)) {
      this.emit('replaced', { event: 'offer', n, sdp: { type: 'offer', sdp } });
      return;
    }
    const glare = this.#connection.signalingState !== 'stable';
    // The polite side takes its offer back and answers ours.
    if (glare && !this.#polite) return;
    // Not on a connection in use: Chromium shows no more of a remote camera once an offer was rolled back. Where two restarts cross, both begin anew.
    if (glare && before !== undefined) {
      this.emit('replaced', { event: 'offer', n, sdp: { type: 'offer', sdp } });
      return;
    }
    if (!(await this.#describe('offer', sdp))) return;
    this.#options.timers.clearTimeout(this.#patience);
    const restarted = before === undefined || ufragOf(before) !== ufragOf(sdp);
    // An offer that restarts ICE does so for both.
    this.#wantsRestart = this.#wantsRestart && !restarted;
    this.#n = Math.max(this.#n, n);
    this.#offered = null;
    this.#withheld = undefined;
    // Tracks and candidates need no turn of their own: the other side waits for the answer.
    await Promise.all([this.#media.join(), this.#answer(n), this.#applyCandidates(sdp, n)]);
    await this.#catchUp();
  }

  async #answer(n: number): Promise<void> {
    await this.#connection.setLocalDescription();
    const answer = this.#connection.localDescription;
    if (answer?.type === 'answer') this.#options.send({ event: 'answer', n, sdp: { type: 'answer', sdp: answer.sdp } });
  }

  async #takeAnswer(n: number, sdp: string): Promise<void> {
    if (n !== this.#offered || (this.#withheld === undefined && this.#connection.signalingState !== 'have-local-offer')) return;
    // Chromium would take it, call itself connected, and never hear anything again.
    if (isOfAnother(sdp, this.#connection.remoteDescription?.sdp)) {
      this.emit('replaced', undefined);
      return;
    }
    if (this.#withheld !== undefined) await this.#connection.setLocalDescription({ type: 'offer', sdp: this.#withheld });
    this.#withheld = undefined;
    if (!(await this.#describe('answer', sdp))) return;
    this.#options.timers.clearTimeout(this.#patience);
    this.#offered = null;
    await this.#applyCandidates(sdp, n);
    await this.#catchUp();
  }

  /** No exchange is under way. */
  get #isSettled(): boolean {
    return this.#connection.signalingState === 'stable' && this.#withheld === undefined;
  }

  /** Applies a remote description. One that makes no sense leaves a link that works as it is; any other has failed with it. */
  async #describe(type: 'offer' | 'answer', sdp: string): Promise<boolean> {
    const spared = this.#state === 'connected' && (type === 'answer' || this.#connection.signalingState === 'stable');
    const applying = async (): Promise<void> => {
      checkDescription(sdp);
      await this.#connection.setRemoteDescription({ type, sdp });
    };
    if (spared) return this.#tolerate(applying());
    await applying();
    return true;
  }

  /** After an exchange: what came up in the midst of it, and what new sections need. */
  async #catchUp(): Promise<void> {
    this.#encode(this.#media.encoded);
    if (this.#isSettled && (this.#wantsRestart || this.#media.lacksSection)) await this.#offer();
  }

  /** Nothing of a first exchange needs it: it is loaded when something is wished. */
  #encode(slots: readonly Slot[]): void {
    if (slots.length === 0) return;
    void import('./encode-slot.ts').then(
      ({ encodeSlot }) => {
        for (const slot of slots) this.#steps.add(() => this.#tolerate(this.#media.encode(slot, encodeSlot)));
      },
      // Sent as the browser sees fit, until the next wish.
      () => undefined,
    );
  }

  async #applyCandidates(sdp: string, n: number): Promise<void> {
    for (const candidate of this.#candidates.describe(sdp, n)) await this.#applyCandidate(candidate);
  }

  /** One candidate that this browser cannot use (an unknown transport, an address it cannot resolve) leaves the others. */
  async #applyCandidate(candidate: Candidate): Promise<void> {
    await this.#tolerate(this.#connection.addIceCandidate(candidate as RTCIceCandidateInit));
  }

  /** False, and an `error` event, where the link can do without what has failed. */
  async #tolerate(work: Promise<unknown>): Promise<boolean> {
    try {
      await work;
      return true;
    } catch (cause) {
      this.#report('What a participant sent was not understood.', cause);
      return false;
    }
  }

  #report(message: string, cause: unknown): void {
    this.emit('error', cause instanceof GlasscastError ? cause : new GlasscastError('ice-failed', message, { cause }));
  }

  #gathered(candidate: RTCIceCandidate | null): void {
    const n = this.#n;
    // The description the candidate belongs to is sent from the queue: what it precedes there, it must follow here.
    this.#steps.add(async () => {
      this.#options.send({ event: 'ice', n, candidate: candidate === null ? null : candidateOf(candidate) });
    });
  }

  #connectionChanged(): void {
    const { connectionState } = this.#connection;
    if (connectionState === 'connected') {
      this.#restarts = 0;
      this.#setState('connected');
    } else if (connectionState === 'closed' || (connectionState === 'failed' && this.#restarts >= MAX_RESTARTS)) {
      this.#setState('failed');
    } else if (connectionState === 'disconnected' || connectionState === 'failed') {
      this.#setState('interrupted');
      this.#restarts += 1;
      if (this.offersFirst) this.restart();
      else this.#restartLater();
    }
  }

  /** Both sides notice an interruption at about the same time: the one that offers first tries first. */
  #restartLater(): void {
    const { timers } = this.#options;
    timers.clearTimeout(this.#second);
    this.#second = timers.setTimeout(() => {
      if (this.#state === 'interrupted') this.restart();
    }, SECOND_RESTART_MS);
  }

  #waitFor(help: () => void): void {
    const { timers } = this.#options;
    timers.clearTimeout(this.#patience);
    this.#patience = timers.setTimeout(() => {
      if (this.#state !== 'closed' && this.#state !== 'failed') help();
    }, PATIENCE_MS);
  }

  #setState(state: LinkState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.emit('state', state);
  }
}
