/** What a broadcaster does when one of its parts asks for something, and whom it hears of those who watch. Loaded once it is on a page. */
import { LIMITS } from '../../protocol/limits.ts';
import { Connection, type ConnectionOptions } from '../../signaling/connection.ts';
import type { SharedConnection } from '../../ui/connection-context.ts';
import type { Participant, RoomView } from '../../ui/room-context.ts';
import type { ChatEntryRequestDetail, ChatRequestDetail, DeviceRequestDetail } from '../../ui/room-requests.ts';
import type { StudioPanel } from '../../ui/studio-context.ts';
import type { StudioRequests } from '../../ui/studio-requests.ts';
import { UNKNOWN_QUALITY } from '../../webrtc/link-quality.ts';
import { NO_TRACKS } from '../../webrtc/slots.ts';
import type { RtcViewersDetail } from './broadcaster-events.ts';
import { words } from './broadcaster-words.ts';
import type { RtcBroadcaster } from './rtc-broadcaster.ts';
import { StreamAudience } from './stream-audience.ts';

export interface DeskHost {
  panel(): StudioPanel | null;
  show(panel: StudioPanel | null): void;
  /** The socket of an `rtc-connection` around the element where it may be shared, and what a socket of its own needs. */
  connection(): { readonly shared: SharedConnection | undefined; readonly init: ConnectionOptions };
}

interface Requests extends StudioRequests {
  'rtc-device-request': DeviceRequestDetail;
  'rtc-chat-request': ChatRequestDetail;
  'rtc-chat-delete-request': ChatEntryRequestDetail;
  'rtc-chat-retry-request': ChatEntryRequestDetail;
}

type Actions = { readonly [K in keyof Requests]: (detail: Requests[K]) => unknown };

/** The chat is for those who are in it: the broadcaster, as far as its parts can tell. */
const SELF: Participant = {
  id: 'self',
  name: '',
  self: true,
  microphone: true,
  camera: true,
  screen: false,
  away: false,
  link: 'connected',
  tracks: NO_TRACKS,
  speaking: false,
  quality: UNKNOWN_QUALITY,
};

const NOBODY: readonly Participant[] = [];
const PRESENT: readonly Participant[] = [SELF];

export class StudioDesk {
  readonly #element: RtcBroadcaster;
  readonly #host: DeskHost;
  readonly #listeners = new AbortController();
  #audience: StreamAudience | undefined;
  #release: (() => void) | undefined;
  #viewers: number | null = null;
  #known: ReadonlySet<string> = new Set();
  #unread = 0;

  constructor(element: RtcBroadcaster, host: DeskHost) {
    this.#element = element;
    this.#host = host;
    for (const [type, act] of Object.entries(this.#actions)) this.#onRequest(type, act as (detail: unknown) => unknown);
  }

  get viewers(): number | null {
    return this.#viewers;
  }

  /** Messages that came while the chat was not open. */
  get unread(): number {
    return this.#unread;
  }

  /** What `rtc-chat` shows. */
  get chat(): Pick<RoomView, 'chat' | 'can' | 'participants'> {
    const can = this.#audience?.can;
    return { chat: this.#audience?.messages ?? [], can: can ?? [], participants: can === undefined ? NOBODY : PRESENT };
  }

  /** Joins the audience while on air. */
  follow(onAir: boolean): void {
    this.#audience?.rename(this.#name);
    if (onAir === (this.#audience !== undefined)) return;
    if (!onAir) {
      this.#leave();
      return;
    }
    const { stream } = this.#element;
    if (stream === null) return;
    const { shared, init } = this.#host.connection();
    const connection = shared?.acquire() ?? new Connection(init);
    this.#release = () => (shared === undefined ? connection.close() : shared.release());
    this.#audience = new StreamAudience({
      connection,
      stream,
      name: this.#name,
      changed: () => this.#changed(),
      log: (message, cause) => {
        const detail = { level: 'warn', message, cause };
        this.#element.dispatchEvent(new CustomEvent('rtc-log', { detail, bubbles: true, composed: true }));
      },
    });
  }

  close(): void {
    this.#listeners.abort('removed');
    this.#leave();
  }

  get #name(): string {
    return this.#element.displayName?.trim().slice(0, LIMITS.name) || words('host');
  }

  #leave(): void {
    this.#audience?.close();
    this.#audience = undefined;
    this.#release?.();
    this.#release = undefined;
    this.#viewers = null;
    this.#unread = 0;
    this.#known = new Set();
  }

  #changed(): void {
    const { viewers = null, messages = [] } = this.#audience ?? {};
    const added = messages.filter(({ id, own }) => !own && !this.#known.has(id)).length;
    this.#known = new Set(messages.map(({ id }) => id));
    this.#unread = this.#isReading ? 0 : this.#unread + added;
    if (viewers !== this.#viewers && viewers !== null) {
      const detail: RtcViewersDetail = { count: viewers };
      this.#element.dispatchEvent(new CustomEvent('rtc-viewers', { detail, bubbles: true, composed: true }));
    }
    this.#viewers = viewers;
    this.#element.requestUpdate();
  }

  get #isReading(): boolean {
    return this.#host.panel() === 'chat' || this.#element.querySelector('rtc-chat') !== null;
  }

  readonly #actions: Actions = {
    'rtc-source-request': async ({ source, file }) => {
      if (source !== 'file') await this.#element.setSource(source);
      else if (file !== undefined) await this.#element.playFile(file);
    },
    'rtc-inset-request': ({ enabled }) => this.#element.setInset(enabled),
    'rtc-microphone-request': ({ enabled }) => this.#element.setMicrophoneEnabled(enabled),
    'rtc-gain-request': ({ gain }) => this.#element.setGain(gain),
    'rtc-mix-request': ({ deviceId, enabled }) => this.#element.mixMicrophone(deviceId, enabled),
    'rtc-record-request': ({ enabled }) => {
      this.#element.record = enabled;
    },
    'rtc-settings-request': (settings) => this.#set(settings),
    'rtc-info-request': ({ title, description }) => {
      if (title !== undefined) this.#element.streamTitle = title;
      if (description !== undefined) this.#element.streamDescription = description;
    },
    'rtc-panel-request': ({ panel }) => {
      if (panel === 'chat') this.#unread = 0;
      this.#host.show(panel);
    },
    'rtc-device-request': ({ kind, deviceId }) => kind !== 'audiooutput' && this.#element.switchDevice(kind, deviceId),
    // The message itself says that it was not sent, and offers to try again.
    'rtc-chat-request': ({ body }) => this.#audience?.chat.send(body).catch(() => undefined),
    'rtc-chat-delete-request': ({ id }) => this.#audience?.chat.delete(id),
    'rtc-chat-retry-request': ({ id }) => this.#audience?.chat.retry(id),
  };

  /** What is captured already follows; only without sound, or with it, it is opened anew. */
  async #set(settings: Requests['rtc-settings-request']): Promise<void> {
    const element = this.#element;
    Object.assign(element, settings);
    if (settings.noAudio === undefined || element.state !== 'preview') return await element.adjust();
    await element.stop();
    await element.preview();
  }

  /** Acts on a request unless a listener, here or further up, has cancelled it; all have run when the microtask does. */
  #onRequest(type: string, act: (detail: unknown) => unknown): void {
    const listener = (event: Event): void => {
      queueMicrotask(() => {
        if (!event.defaultPrevented) this.#element.run((async () => act((event as CustomEvent).detail))());
      });
    };
    this.#element.addEventListener(type, listener, { signal: this.#listeners.signal });
  }
}
