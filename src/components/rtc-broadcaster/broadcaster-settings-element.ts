import { property } from 'lit/decorators.js';
import type { BroadcastSettings } from '../../capture/broadcast-handler.ts';
import type { CapturableElement } from '../../capture/sources/source-choice.ts';
import { GlasscastError } from '../../protocol/errors.ts';
import { isName } from '../../protocol/name-pattern.ts';
import type { ConnectionOptions } from '../../signaling/connection.ts';
import type { SharedConnection } from '../../ui/connection-context.ts';
import { ServerSettingsElement } from '../../ui/server-settings-element.ts';
import type { StudioSource } from '../../ui/studio-context.ts';
import { DEFAULTS, readSettings } from './broadcaster-settings.ts';
import { words } from './broadcaster-words.ts';

/** The attributes of a broadcaster, and what they mean for a broadcast. */
export abstract class BroadcasterSettingsElement extends ServerSettingsElement {
  /** Name to broadcast under: 1 to 63 of `a-z`, `0-9` and `-`, not starting with `-`. */
  @property({ reflect: true }) stream: string | null = null;

  /** What is sent at first: `camera`, `screen` (asked for each time) or `element`. Also while live. */
  @property() source: StudioSource = 'camera';

  /** The id of the `<video>`, `<audio>` or `<canvas>` that `source="element"` sends. */
  @property({ attribute: 'for' }) htmlFor: string | null = null;

  /** Wanted width in pixels, 16 to 4096, by default 1280; the camera's nearest is taken. */
  @property({ type: Number, attribute: 'capture-width' }) captureWidth: number = DEFAULTS.captureWidth;

  /** Wanted height in pixels, 16 to 4096, by default 720; the camera's nearest is taken. */
  @property({ type: Number, attribute: 'capture-height' }) captureHeight: number = DEFAULTS.captureHeight;

  /** Wanted frames a second, 1 to 120, by default 30; the camera's nearest is taken. */
  @property({ type: Number, attribute: 'frame-rate' }) frameRate: number = DEFAULTS.frameRate;

  /** Bits a second of the video, 50 000 to 100 000 000, by default 2 000 000. A slow uplink lowers it for as long as it is slow. */
  @property({ type: Number }) bitrate: number = DEFAULTS.bitrate;

  /** Sizes sent at once, 1 to 3, by default 1: the whole, a half and a quarter of it in each direction. */
  @property({ type: Number }) layers: number = DEFAULTS.layers;

  /** Seconds between key frames, 0.5 to 20, by default 2. It should equal the server's segment duration. */
  @property({ type: Number, attribute: 'keyframe-interval' }) keyframeInterval: number = DEFAULTS.keyframeInterval;

  /** `auto`, an H.264 codec string such as `avc1.42e01f` to insist on, or how to encode: `webcodecs` or `recorder`. */
  @property() codec = 'auto';

  /** `auto`, `channel` or `http`: how media travels to the server. */
  @property() transport: 'auto' | 'channel' | 'http' = 'auto';

  /**
   * What is drawn on the picture, in the preview as for viewers: names separated by spaces, in their order. `face-contour`, `hide-face`, `watermark`,
   * what the page has registered; `server:faces` has the server draw faces instead, from the next start on. The others also while live.
   */
  @property() overlay: string | null = null;

  /** JSON: options by the overlay's name. */
  @property({ attribute: 'overlay-options' }) overlayOptions: string | null = null;

  /** Broadcasts without sound, and does not ask for the microphone. */
  @property({ type: Boolean, attribute: 'no-audio' }) noAudio = false;

  /** Leaves the echo of the loudspeakers in the sound. */
  @property({ type: Boolean, attribute: 'no-echo-cancellation' }) noEchoCancellation = false;

  /** Leaves background noise in the sound. */
  @property({ type: Boolean, attribute: 'no-noise-suppression' }) noNoiseSuppression = false;

  /** Leaves the microphone's volume as it is. */
  @property({ type: Boolean, attribute: 'no-auto-gain' }) noAutoGain = false;

  /** Asks the server to keep a recording. */
  @property({ type: Boolean }) record = false;

  /** What viewers are told that this is, at most 200 characters; also while live. */
  @property({ attribute: 'stream-title' }) streamTitle = '';

  /** More of it, at most 2000 characters; also while live. */
  @property({ attribute: 'stream-description' }) streamDescription = '';

  /** What the broadcaster is called in the chat, at most 80 characters. A token's name wins; left out, it is “Host” in the page's language. */
  @property({ attribute: 'display-name' }) displayName: string | null = null;

  /** Buttons, fields and panels to leave out, separated by spaces: see the documentation. */
  @property() hide: string | null = null;

  /**
   * Address of a copy of the encoder's worker (`chunks/publisher.worker-*.js` of the same version) on the page's own origin, for pages whose
   * policy forbids `blob:` workers. Where no worker starts at all, the page's main thread encodes.
   */
  @property({ attribute: 'worker-url' }) workerUrl: string | null = null;

  /** Address of the page where people watch, `{stream}` standing for the name. Shown as a link while live. */
  @property({ attribute: 'watch-url' }) watchUrl: string | null = null;

  /** @throws GlasscastError `invalid` for a missing or malformed name, or a server that is none */
  protected broadcastSettings(): BroadcastSettings {
    if (!this.stream) throw new GlasscastError('invalid', words('missing-stream'));
    if (!isName(this.stream)) throw new GlasscastError('invalid', words('invalid-stream', { stream: this.stream }));
    const { uplink, ...rest } = readSettings(this, (message) => this.warnOnce(message));
    return {
      ...rest,
      uplink: {
        ...uplink,
        server: this.serverOrigin,
        socketPath: this.effectiveSocketPath,
        token: this.effectiveToken ?? null,
        stream: this.stream,
      },
      tokenProvider: this.effectiveTokenProvider,
      workerUrl: this.workerUrl === null ? null : new URL(this.workerUrl, document.baseURI).href,
    };
  }

  /** The server's origin, or null where the attributes name none. */
  protected get effectiveServer(): string | null {
    try {
      return this.serverOrigin;
    } catch {
      return null;
    }
  }

  /** The socket of an `rtc-connection` around the element where it may be shared, and what one of its own needs. */
  protected get socketSettings(): { readonly shared: SharedConnection | undefined; readonly init: ConnectionOptions } {
    return {
      shared: this.hasOwnServer ? undefined : this.sharedConnection.value,
      init: {
        server: this.serverOrigin,
        socketPath: this.effectiveSocketPath,
        token: this.effectiveToken,
        tokenProvider: this.effectiveTokenProvider,
      },
    };
  }

  /** What `for` names; null for anything else than an element with a picture or sound of its own. */
  protected get namedElement(): CapturableElement | null {
    const root = this.getRootNode() as Document | ShadowRoot;
    const found =
      this.htmlFor === null ? null : (root.querySelector(`#${CSS.escape(this.htmlFor)}`) ?? document.getElementById(this.htmlFor));
    return found instanceof HTMLMediaElement || found instanceof HTMLCanvasElement ? (found as CapturableElement) : null;
  }

  protected get leftOut(): readonly string[] {
    return this.hide?.split(/[\s,]+/).filter((name) => name !== '') ?? [];
  }
}
