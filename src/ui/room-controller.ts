import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { GlasscastError } from '../protocol/errors.ts';
import type { IceServer } from '../protocol/messages/room.ts';
import type { Milliseconds } from '../protocol/units.ts';
import type { Connection } from '../signaling/connection.ts';
import { SpareConnection } from '../webrtc/create-peer-connection.ts';
import type { Kind } from '../webrtc/link-media.ts';
import type { LinkFigures } from '../webrtc/link-quality.ts';
import { LocalMedia } from '../webrtc/local-media.ts';
import { type CallState, isSame, RoomCall, type RoomCallEvents } from '../webrtc/room-call.ts';
import { backgroundTimers } from '../workers/background-timers.ts';
import { toGlasscastError } from './errors.ts';
import type { OverlayAttributes } from './overlay-settings.ts';
import { guestId, randomId } from './random-id.ts';
import { emptyRoomView, type RoomView } from './room-context.ts';
import type { QualityChange, RoomFeatures } from './room-features.ts';
import type { RoomOverlay } from './room-overlay.ts';
import { participantsOf, UNOBSERVED } from './room-participants.ts';
import { type Concern, Troubles } from './room-troubles.ts';

/** What a call is joined with. */
export interface CallSettings {
  readonly room: string;
  readonly name: string | undefined;
  readonly audio: boolean;
  readonly video: boolean;
  readonly iceServers: readonly IceServer[] | undefined;
  readonly iceTransportPolicy: RTCIceTransportPolicy;
}

export type RoomHost = HTMLElement & ReactiveControllerHost & OverlayAttributes;

export interface RoomControllerHooks {
  acquire(): Connection;
  release(): void;
  /** The server's origin. @throws GlasscastError `invalid` */
  origin(): string;
  settings(): CallSettings;
  constraints(): Readonly<Record<Kind, MediaTrackConstraints>>;
  /** Bits a second for the camera, over all links. */
  uploadBudget(): number;
  changed(view: RoomView): void;
  stateChanged(state: CallState, previous: CallState): void;
  event<K extends 'join' | 'leave' | 'track' | 'message'>(name: K, detail: RoomCallEvents[K]): void;
  quality(change: QualityChange): void;
  figures(figures: readonly LinkFigures[]): void;
  /** Whether somebody reads the chat at the moment. */
  reading(): boolean;
  /** Something that the user should read, and that passes. */
  notice(text: string): void;
  /** Something that is seen elsewhere, for those who do not see it. */
  announce(text: string): void;
  /** Something has gone wrong. */
  error(error: GlasscastError): void;
  /** What is still wrong when something has passed. */
  passed(left: GlasscastError | null): void;
}

/** From the first sign of somebody else to a picture takes less, mostly. */
const CALM_MS = 600;
/** Offers and answers go out before what they change is drawn, which takes the page as long. */
const DRAWING_WAITS_MS = 40;

/** Owns one call at a time for an element: connection, local media, links; and keeps the view of it that the parts show. */
export class RoomController implements ReactiveController {
  readonly #host: RoomHost;
  readonly #hooks: RoomControllerHooks;
  readonly #troubles = new Troubles();
  readonly #spare = new SpareConnection();
  #view: RoomView = emptyRoomView;
  #call: RoomCall | undefined;
  #media: LocalMedia | undefined;
  /** Of the media, from the first overlay. */
  #overlay: RoomOverlay | undefined;
  #overlayLoading: Promise<void> | undefined;
  #connection: Connection | undefined;
  #features: RoomFeatures | undefined;
  #featuresLoading: Promise<RoomFeatures> | undefined;
  #refreshSoon: ReturnType<typeof setTimeout> | undefined;
  /** Passes when the call's first moments have. */
  #calm: Promise<void> | undefined;
  #unlisten: (() => void)[] = [];
  #refused: readonly Kind[] = [];

  constructor(host: RoomHost, hooks: RoomControllerHooks) {
    this.#host = host;
    this.#hooks = hooks;
    host.addController(this);
  }

  hostConnected(): void {}

  get view(): RoomView {
    return this.#view;
  }

  get call(): RoomCall | undefined {
    return this.#call;
  }

  /** Kinds of media that were asked for and could not be had. */
  get refused(): readonly Kind[] {
    return this.#refused;
  }

  get isActive(): boolean {
    return this.#call !== undefined;
  }

  /** Camera and microphone, for a preview or for the call; made when first needed, and kept from the one into the other. */
  get media(): LocalMedia {
    if (this.#media !== undefined) return this.#media;
    const media = new LocalMedia({
      // Typed as always there; browsers leave them out of insecure pages.
      devices: () => navigator.mediaDevices as MediaDevices | undefined,
      constraints: () => this.#hooks.constraints(),
    });
    this.#media = media;
    media.on('change', () => this.#mediaChanged());
    media.on('devices', (devices) => this.set({ devices }));
    media.on('error', (error) => {
      this.#refused = [...new Set([...this.#refused, ...kindsOf(error)])];
      this.tell('media', error);
    });
    this.overlayChanged();
    return media;
  }

  /**
   * Draws on the camera's picture what the host's attributes say from here on. Until what draws is loaded, no picture leaves that it may be there
   * to hide; one that was seen already does, unless it is a face that is to be hidden.
   */
  overlayChanged(): void {
    const media = this.#media;
    if (media === undefined) return;
    if (this.#overlay !== undefined) {
      this.#overlay.update();
      return;
    }
    if (!this.#host.overlay) return;
    if (this.#isHiding || !media.cameraEnabled) media.filterCamera(() => null);
    this.#overlayLoading ??= import('./room-overlay.ts').then(
      (module) => {
        if (this.#media !== media) return;
        this.#overlay = new module.RoomOverlay(media, this.#host, this, this.#hooks.origin);
        this.#overlay.update();
      },
      () => {
        if (this.#media !== media) return;
        this.#overlayLoading = undefined;
        if (this.#isHiding) void media.setCameraEnabled(false);
        // Whoever turns the camera on again tries again.
        media.filterCamera((camera) => {
          if (!this.#isHiding) return camera;
          if (camera !== null) this.overlayChanged();
          return null;
        });
        this.tell('overlay', new GlasscastError('network', 'The overlay could not be loaded. Check your network, or reload the page.'));
      },
    );
  }

  get #isHiding(): boolean {
    return this.#host.overlay?.includes('hide-face') ?? false;
  }

  async join(start: { muted: boolean; cameraOff: boolean }): Promise<void> {
    if (this.#call !== undefined) return;
    const previewed = this.#media !== undefined;
    this.#allPassed();
    try {
      await this.#start(start, previewed);
    } catch (cause) {
      const error = toGlasscastError(cause);
      this.#end();
      // A preview that was there before the refusal goes on, for another try.
      if (!previewed) this.closeMedia();
      // The shared connection was taken away, by whoever holds it.
      if (error.code === 'aborted') return;
      this.tell('call', error);
      throw error;
    }
  }

  /** Resolves when nobody else is inside, or what the first of them sends is about to arrive; or after `patience` milliseconds. */
  underWay(patience: Milliseconds): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        for (const unlisten of unlistens) unlisten?.();
        // In a task of its own: messages that have come meanwhile go first.
        setTimeout(resolve);
      };
      const timer = setTimeout(done, patience);
      const call = this.#call;
      const unlistens = [
        call?.on('track', done),
        call?.on('change', () => {
          if (call.state !== 'joining' && call.peers.length === 0) done();
        }),
      ];
    });
  }

  /** Leaves, and stops camera and microphone. */
  async leave(): Promise<void> {
    const leaving = this.#call?.leave();
    this.#end();
    this.closeMedia();
    this.#allPassed();
    await leaving;
  }

  /** Stops camera and microphone. */
  closeMedia(): void {
    this.#media?.close();
    this.#media = undefined;
    this.#overlay = undefined;
    this.#overlayLoading = undefined;
    this.#refused = [];
    const { microphone, camera, screen, tracks } = emptyRoomView;
    this.set({ microphone, camera, screen, tracks });
  }

  /** Asks once more for what was refused or missing. */
  async retryMedia(): Promise<void> {
    const kinds = this.#refused;
    this.#refused = [];
    this.passed('media');
    await this.media.open(kinds);
  }

  /** The network is another one than before, or is back. */
  networkChanged(): void {
    this.#call?.networkChanged();
    this.#features?.networkDoubted();
  }

  /** Applies them to what is open. */
  constraintsChanged(): void {
    this.#media?.constraintsChanged();
  }

  /** What most calls do not need in their first second: chat, levels, figures, moderation. Loaded once. */
  async features(): Promise<RoomFeatures> {
    const call = this.#call;
    const connection = this.#connection;
    if (call === undefined || connection === undefined) throw new GlasscastError('invalid', 'Join the room first.');
    this.#featuresLoading ??= import('./room-features.ts').then(({ RoomFeatures: Features }) => {
      if (this.#call !== call) throw new GlasscastError('aborted', 'The call was left.');
      this.#features = new Features({
        call,
        connection,
        media: this.media,
        uploadBudget: this.#hooks.uploadBudget(),
        view: () => this.#view,
        set: (change) => this.set(change),
        refresh: () => this.refresh(),
        reading: () => this.#hooks.reading(),
        quality: (change) => this.#hooks.quality(change),
        figures: (figures) => this.#hooks.figures(figures),
        notice: (text) => this.#hooks.notice(text),
        announce: (text) => this.#hooks.announce(text),
        tell: (error) => this.tell('request', error),
      });
      return this.#features;
    });
    const loading = this.#featuresLoading;
    // Lost with the network, perhaps: the next use tries again.
    loading.catch(() => {
      if (this.#featuresLoading === loading) this.#featuresLoading = undefined;
    });
    return loading;
  }

  tell(about: Concern, error: GlasscastError): void {
    this.#troubles.add(about, error);
    this.#hooks.error(error);
  }

  passed(about: Concern): void {
    if (this.#troubles.passed(about)) this.#hooks.passed(this.#troubles.newest);
  }

  dismiss(error: GlasscastError): void {
    this.#troubles.dismiss(error);
    this.#hooks.passed(this.#troubles.newest);
  }

  /** What has not changed stays the same object, and is not drawn again. */
  set(change: Partial<RoomView>): void {
    const view = { ...this.#view, ...change };
    if (isSame(this.#view, view)) return;
    this.#view = view;
    this.#hooks.changed(view);
  }

  refresh(): void {
    clearTimeout(this.#refreshSoon);
    this.#refreshSoon = undefined;
    const media = this.#media;
    if (media === undefined) return;
    const call = this.#call;
    const { microphoneEnabled: microphone, cameraEnabled: camera, screenEnabled: screen, tracks } = media;
    if (call === undefined) {
      this.set({ microphone, camera, screen, tracks });
      return;
    }
    const observed = (id: string) => this.#features?.observed(id) ?? UNOBSERVED;
    const participants = participantsOf(call, media, observed, this.#view.participants);
    const { can, maxPeers, state } = call;
    this.set({ state, microphone, camera, screen, tracks, participants, can, maxPeers: maxPeers ?? null });
  }

  async #start({ muted, cameraOff }: { muted: boolean; cameraOff: boolean }, previewed: boolean): Promise<void> {
    const settings = this.#hooks.settings();
    const connection = this.#hooks.acquire();
    const { media } = this;
    const call = new RoomCall({
      connection,
      media,
      room: settings.room,
      name: settings.name,
      iceServers: settings.iceServers,
      iceTransportPolicy: settings.iceTransportPolicy,
      createPeerConnection: this.#spare.take,
      configure: this.#spare.configure,
      timers: backgroundTimers(),
      userId: guestId(),
      randomId,
    });
    this.#call = call;
    this.#connection = connection;
    this.#listen(call, connection);
    const joining = call.join();
    const kinds: Kind[] = [];
    // Who has seen the preview has chosen there what is on.
    if (settings.audio && !muted && !(previewed && media.tracks.audio !== null)) kinds.push('audio');
    if (settings.video && !cameraOff && !previewed) kinds.push('video');
    // Whoever is asked for the camera is already in the room: the prompt holds up nobody, and tracks are added as they come.
    if (kinds.length > 0) void media.open(kinds);
    const ready = Promise.all([joining, this.#spare.prepare()]);
    this.set({ room: settings.room, name: settings.name ?? '' });
    this.refresh();
    try {
      await ready;
    } catch (cause) {
      // Left while joining: nothing went wrong, and the next call may be under way.
      if (this.#call !== call) return;
      throw cause;
    }
    this.refresh();
  }

  #listen(call: RoomCall, connection: Connection): void {
    const hooks = this.#hooks;
    let state: CallState = 'idle';
    this.#unlisten = [
      call.on('change', () => {
        const { peers } = call;
        if (peers.every((peer) => peer.link === 'connected')) this.passed('links');
        if (peers.some((peer) => peer.link === 'connecting')) this.#refreshSoon ??= setTimeout(() => this.refresh(), DRAWING_WAITS_MS);
        else this.refresh();
      }),
      call.on('join', (peer) => {
        hooks.event('join', peer);
        void this.#prepareFeatures();
      }),
      call.on('leave', (peer) => hooks.event('leave', peer)),
      call.on('track', (detail) => hooks.event('track', detail)),
      call.on('message', (detail) => hooks.event('message', detail)),
      // Each waits for the same promise, so their order stays.
      call.on('chat', (chat) => void this.#prepareFeatures().then((features) => features?.handleChat(chat))),
      call.on('moderated', (moderated) => void this.#prepareFeatures().then((features) => features?.handleMute(moderated))),
      call.on('state', (next) => {
        const previous = state;
        state = next;
        this.set({ state });
        hooks.stateChanged(next, previous);
      }),
      call.on('error', (error) => {
        this.tell(error.code === 'ice-failed' ? 'links' : 'call', error);
        if (call.state !== 'failed') return;
        this.#end();
        this.closeMedia();
      }),
      connection.on('error', (error) => {
        // What is final ends the call as well, and is told then.
        if (connection.state !== 'failed') this.tell('socket', error);
      }),
      connection.on('state', (next) => {
        if (next === 'open') this.passed('socket');
      }),
    ];
  }

  /** Once the first picture is not held up by it. A call goes on without them where they cannot be loaded. */
  async #prepareFeatures(): Promise<RoomFeatures | undefined> {
    const call = this.#call;
    this.#calm ??= new Promise((resolve) => setTimeout(resolve, CALM_MS));
    await this.#calm;
    // What was said in one call is nothing to the next.
    return this.#call === call ? this.features().catch(() => undefined) : undefined;
  }

  #mediaChanged(): void {
    const tracks = this.#media?.tracks;
    // Where what was live has gone on nothing is refused, and the next change makes the word of it old.
    if (this.#refused.every((kind) => tracks?.[kind])) {
      this.#refused = [];
      this.passed('media');
    }
    this.refresh();
  }

  #allPassed(): void {
    this.#troubles.clear();
    this.#hooks.passed(null);
  }

  /** Frees what belongs to the call; the view falls back to an empty room. */
  #end(): void {
    const call = this.#call;
    if (call === undefined) return;
    void call.leave();
    for (const unlisten of this.#unlisten.splice(0)) unlisten();
    this.#features?.close();
    this.#features = undefined;
    this.#featuresLoading = undefined;
    this.#calm = undefined;
    this.#spare.close();
    this.#hooks.release();
    this.#call = undefined;
    const { participants, activeSpeaker, pinned, panel, chat, unread, can, maxPeers } = emptyRoomView;
    this.set({ participants, activeSpeaker, pinned, panel, chat, unread, can, maxPeers, state: call.state });
  }
}

function kindsOf(error: GlasscastError): readonly Kind[] {
  const details = error.details;
  if (typeof details !== 'object' || details === null || !('kinds' in details) || !Array.isArray(details.kinds)) return [];
  return details.kinds.filter((kind): kind is Kind => kind === 'audio' || kind === 'video');
}
