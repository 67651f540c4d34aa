import { ContextConsumer } from '@lit/context';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { Announcer } from '../../ui/announcer.ts';
import { fieldStyles } from '../../ui/field.styles.ts';
import { messages } from '../../ui/localize.ts';
import type { EnableRequestDetail } from '../../ui/room-requests.ts';
import { RtcElement } from '../../ui/rtc-element.ts';
import { studioFormStyles } from '../../ui/studio.styles.ts';
import { isSettled, type StudioView, studioContext } from '../../ui/studio-context.ts';
import type { InfoRequestDetail } from '../../ui/studio-requests.ts';
import { buttonStyles, tokens } from '../../ui/tokens.styles.ts';

const msg = messages('studioDetails', {
  title: 'Title',
  description: 'Description',
  hint: 'Viewers see both, also when you change them while live.',
  record: 'Record on the server',
  recordSettled: 'Recording is decided before a broadcast begins.',
  link: 'Link for viewers',
  copy: 'Copy link',
  copied: 'Link copied',
  mark: 'The browser does not let the page copy: the link is marked, press Ctrl+C or ⌘C.',
});

/**
 * @summary Title, description, recording and the link for viewers, for the `rtc-broadcaster` around it.
 * @tagname rtc-studio-details
 * @event {CustomEvent<InfoRequestDetail>} rtc-info-request - The user has given another title or description. Cancelable.
 * @event {CustomEvent<EnableRequestDetail>} rtc-record-request - The user wants a recording, or none. Cancelable.
 * @csspart fields - All fields.
 * @csspart title - The field for the title.
 * @csspart description - The field for the description.
 * @csspart record - The switch for the recording.
 * @csspart link - The link.
 * @csspart copy - The button that copies it.
 */
export class RtcStudioDetails extends RtcElement {
  static override styles = [tokens, buttonStyles, fieldStyles, studioFormStyles];

  @state() private copied = false;

  readonly #studio = new ContextConsumer(this, { context: studioContext, subscribe: true });
  readonly #announcer = new Announcer(this);

  protected override render(): TemplateResult | typeof nothing {
    const view = this.#studio.value;
    if (view === undefined) return nothing;
    const shown = (name: string): boolean => !view.hidden.includes(name);
    return html`<div class="fields" part="fields">
      ${shown('title') ? this.#renderTitle(view) : nothing}
      ${shown('description') ? this.#renderDescription(view) : nothing}
      ${shown('title') || shown('description') ? html`<p>${msg('hint')}</p>` : nothing}
      ${shown('record') ? this.#renderRecord(view) : nothing}
      ${shown('link') && view.shareLink !== null ? this.#renderLink(view.shareLink) : nothing}
    </div>
    ${this.#announcer.render()}`;
  }

  #renderTitle({ title }: StudioView): TemplateResult {
    return html`<label class="field"
      ><span>${msg('title')}</span
      ><input part="title" name="title" maxlength="200" dir="auto" autocomplete="off" .value=${live(title)} @change=${(event: Event) => this.#tell({ title: textOf(event) })}
    /></label>`;
  }

  #renderDescription({ description }: StudioView): TemplateResult {
    return html`<label class="field"
      ><span>${msg('description')}</span
      ><textarea part="description" name="description" maxlength="2000" dir="auto" .value=${live(description)} @change=${(event: Event) => this.#tell({ description: textOf(event) })}></textarea></label
    >`;
  }

  #renderRecord(view: StudioView): TemplateResult {
    const settled = isSettled(view);
    const change = (event: Event): void => {
      const { checked: enabled } = event.target as HTMLInputElement;
      if (!this.emit<EnableRequestDetail>('rtc-record-request', { enabled }, { cancelable: true })) this.requestUpdate();
    };
    return html`<label class="switch" part="record"
        ><input type="checkbox" role="switch" .checked=${live(view.record)} ?disabled=${settled} @change=${change} />${msg('record')}</label
      >${settled ? html`<p>${msg('recordSettled')}</p>` : nothing}`;
  }

  #renderLink(link: string): TemplateResult {
    return html`<div class="field">
        <span id="link">${msg('link')}</span
        ><input part="link" readonly dir="ltr" aria-labelledby="link" .value=${link} @focus=${(event: Event) => (event.target as HTMLInputElement).select()}
      /></div>
      <button part="copy" type="button" @click=${() => this.#copy(link)}>${msg(this.copied ? 'copied' : 'copy')}</button>`;
  }

  #tell(info: InfoRequestDetail): void {
    if (!this.emit<InfoRequestDetail>('rtc-info-request', info, { cancelable: true })) this.requestUpdate();
  }

  async #copy(link: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(link);
      this.copied = true;
      this.#announcer.announce(msg('copied'));
    } catch {
      // No clipboard outside of secure pages, or for a frame that may not: one key copies what is marked.
      this.renderRoot.querySelector<HTMLInputElement>('[part="link"]')?.focus();
      this.#announcer.announce(msg('mark'));
    }
  }
}

function textOf(event: Event): string {
  return (event.target as HTMLInputElement | HTMLTextAreaElement).value.trim();
}
