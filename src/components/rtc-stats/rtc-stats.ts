import { ContextConsumer } from '@lit/context';
import { html, nothing, type TemplateResult } from 'lit';
import { figuresContext, type Participant, roomContext } from '../../ui/room-context.ts';
import { RtcElement } from '../../ui/rtc-element.ts';
import { tokens } from '../../ui/tokens.styles.ts';
import { type LinkFigures, type MediaFigures, UNKNOWN_QUALITY } from '../../webrtc/link-quality.ts';
import { statsStyles } from './rtc-stats.styles.ts';
import { lossWords, statsMessages as msg, pathWords, pictureWords, qualityWords, rateWords, timeWords } from './stats-words.ts';

/** Figures that change faster cannot be read. */
const SHOWN_MS = 2000;

interface Row {
  readonly id: string;
  readonly name: string;
  readonly figures: LinkFigures | undefined;
}

/**
 * @summary What the connection to each participant of the `rtc-room` around it carries, and how it is doing.
 * @tagname rtc-stats
 * @csspart table - The table; where it is narrow, a list of cards.
 * @csspart participant - One participant's row.
 * @csspart empty - Shown while nobody else is there.
 * @cssproperty --rtc-surface - Behind everything.
 * @cssproperty --rtc-border - Between the rows.
 * @cssproperty --rtc-good - Mark of a good connection.
 * @cssproperty --rtc-fair - Mark of a fair one.
 */
export class RtcStats extends RtcElement {
  static override styles = [tokens, statsStyles];

  readonly #room = new ContextConsumer(this, { context: roomContext, subscribe: true });
  readonly #figures = new ContextConsumer(this, { context: figuresContext, subscribe: true });
  #rows: readonly Row[] = [];
  #shownAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  protected override setup(): void {
    this.requestUpdate('lang');
  }

  protected override teardown(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The room changes whenever somebody speaks; what is shown here changes every two seconds at most. */
  protected override shouldUpdate(changed: Map<PropertyKey, unknown>): boolean {
    if (changed.size > 0 || !this.hasUpdated) return true;
    if (this.#timer !== undefined || isSame(this.#rows, this.#read())) return false;
    const left = this.#shownAt + SHOWN_MS - performance.now();
    if (left <= 0) return true;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.requestUpdate();
    }, left);
    return false;
  }

  protected override willUpdate(): void {
    this.#rows = this.#read();
    this.#shownAt = performance.now();
  }

  protected override render(): TemplateResult {
    if (this.#rows.length === 0) return html`<p class="empty" part="empty">${msg('empty')}</p>`;
    // Roles are said anew: as cards, browsers would take the table for boxes.
    return html`<table part="table" role="table" aria-live="off">
      <caption class="visually-hidden">${msg('caption')}</caption>
      <thead role="rowgroup">
        <tr role="row">
          ${(['participant', 'quality', 'sent', 'received', 'roundTrip', 'path'] as const).map(
            (column) => html`<th scope="col" role="columnheader">${msg(column)}</th>`,
          )}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${this.#rows.map((row) => this.#row(row))}
      </tbody>
    </table>`;
  }

  #row({ name, figures }: Row): TemplateResult {
    const quality = figures?.quality ?? UNKNOWN_QUALITY;
    const roundTrip = figures?.roundTrip ?? null;
    const path = figures?.path ?? null;
    return html`<tr part="participant" role="row">
      <th scope="row" role="rowheader"><bdi>${name || msg('guest')}</bdi></th>
      <td role="cell" class="quality">
        <div><span class="mark ${quality.level}" aria-hidden="true"></span><span class="words">${qualityWords(quality)}</span></div>
      </td>
      <td role="cell" data-label=${msg('sent')}>${renderMedia(figures?.sent)}</td>
      <td role="cell" data-label=${msg('received')}>${renderMedia(figures?.received)}</td>
      <td role="cell" data-label=${msg('roundTrip')}>${roundTrip === null ? renderNothing() : renderLine(timeWords(roundTrip))}</td>
      <td role="cell" data-label=${msg('path')}>${path === null ? renderNothing() : pathWords(path)}</td>
    </tr>`;
  }

  #read(): readonly Row[] {
    const others = this.#room.value?.participants.filter(({ self }) => !self) ?? [];
    const figures = new Map(this.#figures.value?.map((one) => [one.peer, one]));
    return others.map(({ id, name }: Participant) => ({ id, name, figures: figures.get(id) }));
  }
}

function renderMedia(media: MediaFigures | undefined): TemplateResult {
  if (media === undefined || media.bitrate === null) return renderNothing();
  const { bitrate, video } = media;
  const loss = lossWords(media);
  return html`${renderLine(rateWords(bitrate))}
    ${video === null ? nothing : renderLine(pictureWords(video), 'small')}
    ${video === null || video.codec === '' ? nothing : renderLine(video.codec, 'small')}
    ${loss === undefined ? nothing : renderLine(loss, 'small')}`;
}

/** Figures keep their own direction, and begin where the words around them do. */
function renderLine(words: string, size = ''): TemplateResult {
  return html`<span class="line ${size}"><bdi>${words}</bdi></span>`;
}

function renderNothing(): TemplateResult {
  return html`<span aria-hidden="true">–</span><span class="visually-hidden">${msg('none')}</span>`;
}

function isSame(rows: readonly Row[], others: readonly Row[]): boolean {
  return (
    rows.length === others.length &&
    rows.every(({ id, name, figures }, i) => {
      const other = others[i];
      return other !== undefined && id === other.id && name === other.name && figures === other.figures;
    })
  );
}
