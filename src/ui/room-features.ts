import type { GlasscastError } from '../protocol/errors.ts';
import type { Milliseconds } from '../protocol/units.ts';
import { ChatLog } from '../signaling/chat-log.ts';
import type { Connection } from '../signaling/connection.ts';
import { PathProbe } from '../signaling/path-probe.ts';
import { CallMonitor } from '../webrtc/call-monitor.ts';
import { type LinkFigures, type LinkQuality, UNKNOWN_QUALITY } from '../webrtc/link-quality.ts';
import type { LocalMedia } from '../webrtc/local-media.ts';
import type { RoomCall, RoomCallEvents } from '../webrtc/room-call.ts';
import { chatPush } from '../webrtc/room-chat.ts';
import { SleepWatch } from '../webrtc/sleep-watch.ts';
import { backgroundTimers } from '../workers/background-timers.ts';
import { toGlasscastError } from './errors.ts';
import { messages } from './localize.ts';
import { randomId } from './random-id.ts';
import type { RoomView } from './room-context.ts';
import type { Observed } from './room-participants.ts';

const msg = messages('features', {
  mutedMic: '{name} has muted you.',
  mutedCamera: '{name} has turned your camera off.',
  mutedScreen: '{name} has stopped your screen share.',
  someone: 'A moderator',
});

/** How the link to one participant is doing has changed. */
export interface QualityChange extends LinkQuality {
  readonly peerId: string;
}

export interface RoomFeaturesHost {
  readonly call: RoomCall;
  readonly connection: Connection;
  readonly media: LocalMedia;
  /** Bits a second for the camera, over all links. */
  readonly uploadBudget: number;
  view(): RoomView;
  set(change: Partial<RoomView>): void;
  refresh(): void;
  reading(): boolean;
  quality(change: QualityChange): void;
  figures(figures: readonly LinkFigures[]): void;
  notice(text: string): void;
  announce(text: string): void;
  tell(error: GlasscastError): void;
}

const MUTED = { mic: 'mutedMic', camera: 'mutedCamera', screen: 'mutedScreen' } as const;

/**
 * What a call has beyond pictures and sound: chat, levels and figures, moderation, a path that is lost. Loaded when somebody else is in the call or one of
 * these is used; lives as long as the call.
 */
export class RoomFeatures {
  readonly #host: RoomFeaturesHost;
  readonly #chat: ChatLog;
  readonly #monitor: CallMonitor;
  readonly #quality = new Map<string, LinkQuality>();
  readonly #unlisten: (() => void)[];
  readonly #path: PathProbe;
  readonly #sleep: SleepWatch;
  #speaking: ReadonlySet<string> = new Set();
  #interrupted = 0;
  /** The next join comes over another path. */
  #moved = false;

  constructor(host: RoomFeaturesHost) {
    this.#host = host;
    const { call } = host;
    this.#chat = new ChatLog({
      push: chatPush(call, (chat) => this.handleChat(chat)),
      localId: () => call.localId,
      localName: () => call.localName ?? '',
      joined: () => call.state === 'joined',
      newId: randomId,
      now: () => Date.now(),
    });
    this.#monitor = new CallMonitor({
      links: () => call.links,
      local: () => host.media.tracks,
      timers: backgroundTimers(),
      now: (): Milliseconds => performance.now(),
      uploadBudget: host.uploadBudget,
      visible: () => document.visibilityState === 'visible',
    });
    this.#path = new PathProbe({
      connection: host.connection,
      timers: backgroundTimers(),
      lost: () => {
        this.#moved = true;
      },
    });
    this.#sleep = new SleepWatch({
      timers: backgroundTimers(),
      now: () => Date.now(),
      woke: () => {
        call.networkChanged();
        host.connection.wake();
      },
    });
    this.#unlisten = [
      this.#chat.on('change', (chat) => host.set({ chat })),
      this.#monitor.on('speaking', ({ speaking, active }) => {
        this.#speaking = speaking;
        host.refresh();
        host.set({ activeSpeaker: active });
      }),
      this.#monitor.on('quality', ({ peer, quality }) => {
        this.#quality.set(peer, quality);
        host.refresh();
        host.quality({ peerId: peer, ...quality });
      }),
      this.#monitor.on('figures', (figures) => host.figures(figures)),
      this.#monitor.on('silent', () => this.networkDoubted()),
      call.on('change', () => {
        const before = this.#interrupted;
        this.#interrupted = call.peers.filter(({ link }) => link === 'interrupted').length;
        if (this.#interrupted > before) this.networkDoubted();
      }),
      call.on('leave', ({ id }) => {
        this.#quality.delete(id);
        // Before the same id may be linked anew.
        this.#monitor.peersChanged();
      }),
      call.on('state', (state) => {
        if (state !== 'joined') return;
        this.#chat.rejoined();
        // Links notice some seconds later that their path is dead, too.
        if (this.#moved) call.networkChanged();
        this.#moved = false;
      }),
    ];
  }

  observed(id: string): Observed {
    return { speaking: this.#speaking.has(id), quality: this.#quality.get(id) ?? UNKNOWN_QUALITY };
  }

  handleChat({ event, payload }: RoomCallEvents['chat']): void {
    const before = new Set(this.#chat.entries.map(({ id }) => id));
    this.#chat.handle(event, payload);
    if (event !== 'chat' || this.#host.reading()) return;
    const unread = this.#chat.entries.filter(({ id, own }) => !own && !before.has(id));
    this.#host.set({ unread: this.#host.view().unread + unread.length });
    // An open chat is a log, which says what is added to it.
    for (const { name, body } of unread) this.#host.announce(name === '' ? body : `${name}: ${body}`);
  }

  async handleMute({ kind, from }: RoomCallEvents['moderated']): Promise<void> {
    const { call, media, notice } = this.#host;
    if (kind === 'mic') await media.setMicrophoneEnabled(false);
    else if (kind === 'camera') await media.setCameraEnabled(false);
    else media.stopScreenShare();
    notice(msg(MUTED[kind], { name: call.peers.find(({ id }) => id === from)?.name || msg('someone') }));
  }

  /** What has cut a link, or changed the network, may have cut the socket, which would not notice for long. */
  networkDoubted(): void {
    this.#path.doubt();
  }

  sendChat(body: string): Promise<void> {
    return this.#chat.send(body);
  }

  retryChat(id: string): void {
    void this.#chat.retry(id);
  }

  deleteChat(id: string): Promise<void> {
    return this.#asked(this.#chat.delete(id));
  }

  kick(peerId: string): Promise<void> {
    return this.#asked(this.#host.call.push('kick', { peer_id: peerId }));
  }

  mute(peerId: string, kind: 'mic' | 'camera' | 'screen'): Promise<void> {
    return this.#asked(this.#host.call.push('mute', { peer_id: peerId, kind }));
  }

  /** Ends the call for everybody. */
  closeRoom(): Promise<void> {
    return this.#asked(this.#host.call.push('close', {}));
  }

  close(): void {
    for (const unlisten of this.#unlisten.splice(0)) unlisten();
    this.#path.close();
    this.#sleep.close();
    this.#monitor.close();
    this.#chat.close();
  }

  async #asked(request: Promise<unknown>): Promise<void> {
    try {
      await request;
    } catch (cause) {
      const error = toGlasscastError(cause);
      this.#host.tell(error);
      throw error;
    }
  }
}
