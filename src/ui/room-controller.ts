import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { GlasscastError } from '../protocol/errors.ts';
import type { IceServer } from '../protocol/messages/room.ts';
import type { Milliseconds } from '../protocol/units.ts';
import type { Connection } from '../signaling/connection.ts';
import { SpareConnection } from '../webrtc/create-peer-connection.ts';
import type { Kind } from '../webrtc/link-media.ts';
import { UNKNOWN_QUALITY } from '../webrtc/link-quality.ts';
import { LocalMedia } from '../webrtc/local-media.ts';
import { type CallState, isSame, RoomCall, type RoomCallEvents } from '../webrtc/room-call.ts';
import { backgroundTimers } from '../workers/background-timers.ts';
import { toGlasscastError } from './errors.ts';
import { emptyRoomView, type Participant, type RoomView } from './room-context.ts';

/** What a call is joined with. */
export interface CallSettings {
  readonly room: string;
  readonly name: string | undefined;
  readonly audio: boolean;
  readonly video: boolean;
  readonly iceServers: readonly IceServer[] | undefined;
  readonly iceTransportPolicy: RTCIceTransportPolicy;
  readonly constraints: Readonly<Record<Kind, MediaTrackConstraints>>;
}

export interface RoomControllerHooks {
  acquire(): Connection;
  release(): void;
  settings(): CallSettings;
  changed(view: RoomView): void;
  stateChanged(state: CallState, previous: CallState): void;
  event<K extends 'join' | 'leave' | 'track'>(name: K, detail: RoomCallEvents[K]): void;
  /** Something has gone wrong. */
  error(error: GlasscastError): void;
  /** What is still wrong when something has passed. */
  passed(left: GlasscastError | null): void;
}

type Concern = 'call' | 'socket' | 'links' | 'media';

/** Owns one call at a time for an element: connection, local media, links; and keeps the view of it that the parts show. */
export class RoomController implements ReactiveController {
  readonly #hooks: RoomControllerHooks;
  #view: RoomView = emptyRoomView;
  #call: RoomCall | undefined;
  #media: LocalMedia | undefined;
  readonly #spare = new SpareConnection();
  #unlisten: (() => void)[] = [];
  #refused: readonly Kind[] = [];
  /** What is wrong, by what it is about; the newest is shown. */
  readonly #errors = new Map<Concern, GlasscastError>();

  constructor(host: ReactiveControllerHost, hooks: RoomControllerHooks) {
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

  async join(start: { muted: boolean; cameraOff: boolean }): Promise<void> {
    if (this.#call !== undefined) return;
    this.#allPassed();
    try {
      await this.#start(start);
    } catch (cause) {
      const error = toGlasscastError(cause);
      // Left while joining: nothing went wrong.
      if (error.code === 'aborted') return;
      this.#end();
      this.#tell('call', error);
      throw error;
    }
  }

  /** Resolves when it is known who is inside, and the links to them are under way; or after `patience` milliseconds. */
  underWay(patience: Milliseconds): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        unlisten?.();
        // In a task of its own: messages that have come meanwhile go first.
        setTimeout(resolve);
      };
      const timer = setTimeout(done, patience);
      const unlisten = this.#call?.on('change', () => {
        if (this.#call?.state !== 'joining') done();
      });
    });
  }

  async leave(): Promise<void> {
    const leaving = this.#call?.leave();
    this.#end();
    this.#allPassed();
    await leaving;
  }

  async setMicrophoneEnabled(enabled: boolean): Promise<void> {
    await this.#media?.setMicrophoneEnabled(enabled);
    this.#refresh();
  }

  async setCameraEnabled(enabled: boolean): Promise<void> {
    await this.#media?.setCameraEnabled(enabled);
    this.#refresh();
  }

  /** Asks once more for what was refused or missing. */
  async retryMedia(): Promise<void> {
    const kinds = this.#refused;
    this.#refused = [];
    this.#passed('media');
    await this.#media?.open(kinds);
  }

  soundTapped(): void {
    this.#set({ soundTaps: this.#view.soundTaps + 1 });
  }

  async #start({ muted, cameraOff }: { muted: boolean; cameraOff: boolean }): Promise<void> {
    const settings = this.#hooks.settings();
    const connection = this.#hooks.acquire();
    const media = new LocalMedia({
      // Typed as always there; browsers leave them out of insecure pages.
      devices: () => navigator.mediaDevices as MediaDevices | undefined,
      constraints: () => settings.constraints,
    });
    const call = new RoomCall({
      connection,
      media,
      room: settings.room,
      name: settings.name,
      iceServers: settings.iceServers,
      iceTransportPolicy: settings.iceTransportPolicy,
      createPeerConnection: this.#spare.take,
      timers: backgroundTimers(),
      randomId: () => crypto.randomUUID(),
    });
    this.#call = call;
    this.#media = media;
    this.#listen(call, media, connection);
    const joining = call.join();
    const kinds: Kind[] = [];
    if (settings.audio && !muted) kinds.push('audio');
    if (settings.video && !cameraOff) kinds.push('video');
    // Whoever is asked for the camera is already in the room: the prompt holds up nobody, and tracks are added as they come.
    if (kinds.length > 0) void media.open(kinds);
    const ready = Promise.all([joining, this.#spare.prepare()]);
    this.#set({ room: settings.room });
    this.#refresh();
    await ready;
    this.#refresh();
  }

  #listen(call: RoomCall, media: LocalMedia, connection: Connection): void {
    const hooks = this.#hooks;
    let state: CallState = 'idle';
    this.#unlisten = [
      call.on('change', () => {
        if (call.peers.every((peer) => peer.link === 'connected')) this.#passed('links');
        this.#refresh();
      }),
      call.on('join', (peer) => hooks.event('join', peer)),
      call.on('leave', (peer) => hooks.event('leave', peer)),
      call.on('track', (detail) => hooks.event('track', detail)),
      call.on('state', (next) => {
        const previous = state;
        state = next;
        this.#set({ state });
        hooks.stateChanged(next, previous);
      }),
      call.on('error', (error) => {
        this.#tell(error.code === 'ice-failed' ? 'links' : 'call', error);
        if (call.state === 'failed') this.#end();
      }),
      media.on('change', () => this.#mediaChanged()),
      media.on('error', (error) => {
        this.#refused = kindsOf(error);
        this.#tell('media', error);
      }),
      connection.on('error', (error) => {
        // What is final ends the call as well, and is told then.
        if (connection.state !== 'failed') this.#tell('socket', error);
      }),
      connection.on('state', (next) => {
        if (next === 'open') this.#passed('socket');
      }),
    ];
  }

  #mediaChanged(): void {
    const tracks = this.#media?.tracks;
    if (this.#refused.length > 0 && this.#refused.every((kind) => tracks?.[kind])) {
      this.#refused = [];
      this.#passed('media');
    }
    this.#refresh();
  }

  #tell(about: Concern, error: GlasscastError): void {
    this.#errors.delete(about);
    this.#errors.set(about, error);
    this.#hooks.error(error);
  }

  #passed(about: Concern): void {
    if (this.#errors.delete(about)) this.#hooks.passed([...this.#errors.values()].at(-1) ?? null);
  }

  #allPassed(): void {
    this.#errors.clear();
    this.#hooks.passed(null);
  }

  /** Frees what belongs to the call; the view falls back to an empty room. */
  #end(): void {
    const call = this.#call;
    if (call === undefined) return;
    void call.leave();
    for (const unlisten of this.#unlisten.splice(0)) unlisten();
    this.#media?.close();
    this.#spare.close();
    this.#hooks.release();
    this.#call = undefined;
    this.#media = undefined;
    this.#refused = [];
    this.#set({ participants: [], microphone: false, camera: false, state: call.state });
  }

  #refresh(): void {
    const call = this.#call;
    const media = this.#media;
    if (call === undefined || media === undefined) return;
    const { participants } = this.#view;
    const now = [
      selfOf(call, media),
      ...call.peers.map((peer): Participant => ({ ...peer, self: false, speaking: false, quality: UNKNOWN_QUALITY })),
    ].map((one) => {
      const before = participants.find(({ id, self }) => id === one.id && self === one.self);
      return before !== undefined && isSame(before, one) ? before : one;
    });
    this.#set({
      state: call.state,
      microphone: media.microphoneEnabled,
      camera: media.cameraEnabled,
      participants: now.length === participants.length && isSame(now, participants) ? participants : now,
    });
  }

  /** What has not changed stays the same object, and is not drawn again. */
  #set(change: Partial<RoomView>): void {
    const view = { ...this.#view, ...change };
    if (isSame(this.#view, view)) return;
    this.#view = view;
    this.#hooks.changed(view);
  }
}

function selfOf(call: RoomCall, media: LocalMedia): Participant {
  return {
    id: call.localId ?? '',
    name: call.localName ?? '',
    microphone: media.microphoneEnabled,
    camera: media.cameraEnabled,
    screen: false,
    away: call.state === 'reconnecting',
    link: 'connected',
    tracks: media.tracks,
    self: true,
    speaking: false,
    quality: UNKNOWN_QUALITY,
  };
}

function kindsOf(error: GlasscastError): readonly Kind[] {
  const details = error.details;
  if (typeof details !== 'object' || details === null || !('kinds' in details) || !Array.isArray(details.kinds)) return [];
  return details.kinds.filter((kind): kind is Kind => kind === 'audio' || kind === 'video');
}
