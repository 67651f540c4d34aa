import { property } from 'lit/decorators.js';
import { GlasscastError } from '../../protocol/errors.ts';
import { isName } from '../../protocol/name-pattern.ts';
import type { Milliseconds } from '../../protocol/units.ts';
import { randomId } from '../../ui/random-id.ts';
import { ServerSettingsElement } from '../../ui/server-settings-element.ts';
import { FRAME_WIDTH, INTERVAL, readNumber } from './frames-settings.ts';
import { words } from './frames-words.ts';

/** The attributes of `<rtc-frames>`, and what they come to. */
export abstract class FramesSettingsElement extends ServerSettingsElement {
  /** The id of a `<video>`, or of an element that plays one, to look at instead of a child or the camera. */
  @property({ attribute: 'for' }) htmlFor: string | null = null;

  /** Seconds from one picture to the next, 0.05 to 60. An answer that takes longer is waited for. */
  @property({ type: Number }) interval = INTERVAL.fallback;

  /** Width of the pictures that are sent, in pixels, 16 to 1920; never wider than the source. */
  @property({ attribute: 'frame-width', type: Number }) frameWidth = FRAME_WIDTH.fallback;

  /** `channel` (a socket of its own), `http` (a request each), or `multipart` (a request each, as a form sends a file). */
  @property() transport = 'channel';

  /** Names whoever sends, for a token that is limited to it: 1 to 63 of `a-z`, `0-9` and `-`. Default: a random one. */
  @property({ attribute: 'frames-id' }) framesId: string | null = null;

  /** Starts by itself where there is a video to look at. The camera waits for `start()` or the button. */
  @property({ type: Boolean }) autostart = false;

  /** Address of a copy of the worker that encodes on the page's own origin, for pages whose policy forbids `blob:` workers. */
  @property({ attribute: 'worker-url' }) workerUrl: string | null = null;

  readonly #ownId = `page-${randomId()}`;

  protected get intervalMs(): Milliseconds {
    return readNumber('interval', this.interval, INTERVAL, (message) => this.warnOnce(message)) * 1_000;
  }

  /** In pixels. */
  protected get sentWidth(): number {
    return Math.round(readNumber('frame-width', this.frameWidth, FRAME_WIDTH, (message) => this.warnOnce(message)));
  }

  /** @throws GlasscastError `invalid` */
  protected address(): { readonly server: string; readonly socketPath: string; readonly id: string } {
    const id = this.framesId ?? this.#ownId;
    if (!isName(id)) throw new GlasscastError('invalid', words('invalid-id', { id }));
    return { server: this.serverOrigin, socketPath: this.effectiveSocketPath, id };
  }
}
