import { LitElement } from 'lit';
import type { RtcLogDetail } from './events.ts';
import { watchLanguage } from './localize.ts';

/** How long a removal may last before it counts where no frames are drawn (a hidden tab). */
const HIDDEN_TEARDOWN_MS = 250;

const warned = new Set<string>();

/**
 * What all elements share: a life that outlasts being moved in the document, and typed events.
 *
 * `setup` runs when the element is connected and not yet alive; `teardown` two animation frames after it was removed, unless it has
 * been connected again by then.
 */
export abstract class RtcElement extends LitElement {
  #alive = false;
  #unwatchLanguage: (() => void) | undefined;
  #cancelTeardown: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#unwatchLanguage ??= watchLanguage(() => this.requestUpdate('lang'));
    this.#cancelTeardown?.();
    this.#cancelTeardown = undefined;
    if (this.#alive) return;
    this.#alive = true;
    this.setup();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unwatchLanguage?.();
    this.#unwatchLanguage = undefined;
    this.#cancelTeardown ??= afterTwoFrames(() => {
      this.#cancelTeardown = undefined;
      this.#alive = false;
      this.teardown();
    });
  }

  /** Starts what `teardown` ends. */
  protected setup(): void {}

  /** Ends every track, socket, timer and listener that this element opened. */
  protected teardown(): void {}

  /**
   * Dispatches a bubbling, composed event.
   * @returns false when it was cancelable and a listener cancelled it
   */
  protected emit<D>(name: string, detail: D, options: { cancelable?: boolean } = {}): boolean {
    return this.dispatchEvent(new CustomEvent<D>(name, { detail, bubbles: true, composed: true, cancelable: options.cancelable ?? false }));
  }

  /** Tells whoever listens for `rtc-log`, once a page, about an attribute that was not understood. */
  protected warnOnce(message: string): void {
    const text = `<${this.localName}> ${message}`;
    if (warned.has(text)) return;
    warned.add(text);
    this.emit<RtcLogDetail>('rtc-log', { level: 'warn', message: text });
  }
}

function afterTwoFrames(callback: () => void): () => void {
  let frame = requestAnimationFrame(() => {
    frame = requestAnimationFrame(() => finish());
  });
  const timer = setTimeout(() => finish(), HIDDEN_TEARDOWN_MS);
  const cancel = (): void => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
  const finish = (): void => {
    cancel();
    callback();
  };
  return cancel;
}
