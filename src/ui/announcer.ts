import { html, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from 'lit';

/** A polite live region: what is announced is read by screen readers when they are free. Render it once in the host's template. */
export class Announcer implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  #text = '';
  /** Said since the last drawing: none of it may be lost to what comes next. */
  #waiting: string[] = [];

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostConnected(): void {}

  announce(text: string): void {
    this.#waiting.push(text);
    this.#host.requestUpdate();
  }

  hostUpdate(): void {
    if (this.#waiting.length === 0) return;
    const text = this.#waiting.splice(0).join('. ');
    // The same words twice in a row are read twice only when the text changes.
    this.#text = this.#text === text ? `${text}\u00a0` : text;
  }

  render(): TemplateResult {
    return html`<div class="visually-hidden" role="status" aria-live="polite">${this.#text}</div>`;
  }
}
