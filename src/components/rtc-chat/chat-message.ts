import { html, nothing, type TemplateResult } from 'lit';
import type { ChatEntry } from '../../signaling/chat-entry.ts';
import { clockText } from '../../ui/clock-text.ts';
import { errorText } from '../../ui/errors.ts';
import * as icons from '../../ui/icons.ts';
import { linkedText } from '../../ui/linked-text.ts';
import { chatMessages as msg } from './chat-messages.ts';

/** Of one author within this, only the first message carries the name. */
const GROUP_MS = 120_000;

export interface MessageContext {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Whether the viewer may delete what others wrote. */
  readonly moderates: boolean;
  remove(id: string): void;
  retry(id: string): void;
}

/** One message of the list. `before` is the one above it. */
export function renderMessage(entry: ChatEntry, before: ChatEntry | undefined, context: MessageContext): TemplateResult {
  const { id, own, state, body, at } = entry;
  const follows = before?.from === entry.from && before.own === own && at - before.at < GROUP_MS;
  return html`<li class="message ${own ? 'own' : ''} ${follows ? 'follows' : ''}" part=${own ? 'message own' : 'message'} data-id=${id}>
    <div class="head ${follows ? 'visually-hidden' : ''}">
      <bdi class="name" part="name">${own ? msg('you') : entry.name || msg('guest')}</bdi>
      <time part="time" datetime=${new Date(at).toISOString()}>${clockText(at, context.now)}</time>
    </div>
    <div class="line">
      <p class="body" part="body" dir="auto">${linkedText(body)}</p>
      ${own || context.moderates ? renderDelete(entry, context) : nothing}
    </div>
    ${state === 'sent' ? nothing : renderState(entry, context)}
  </li>`;
}

function renderDelete({ id, own, state }: ChatEntry, { remove }: MessageContext): TemplateResult | typeof nothing {
  // What is on its way cannot be called back.
  if (state === 'sending') return nothing;
  const name = msg(state === 'failed' ? 'discard' : own ? 'deleteOwn' : 'delete');
  return html`<button class="icon delete" part="delete" type="button" aria-label=${name} title=${name} @click=${() => remove(id)}>${icons.remove}</button>`;
}

function renderState(entry: ChatEntry, { retry, now }: MessageContext): TemplateResult {
  const { id, error, state } = entry;
  const again =
    error === undefined
      ? nothing
      : html`<button class="again" part="retry" type="button" @click=${() => retry(id)}>${icons.retry}${msg('retry')}</button>`;
  return html`<div class="state ${state}" part="state"><span>${stateText(entry, now)}</span>${again}</div>`;
}

function stateText({ state, error }: ChatEntry, now: number): string {
  if (error === undefined) return msg('sending');
  const { code, message, retryAt } = error;
  if (state === 'sending') return msg('waiting');
  if (code === 'limit') {
    const seconds = Math.ceil(((retryAt ?? now) - now) / 1000);
    return seconds > 0 ? msg('limit', { seconds }) : msg('limitPassed');
  }
  if (code === 'invalid') return msg('invalid');
  if (code === 'unauthorized') return msg('unauthorized');
  return msg('failed', { message: errorText({ code, message }) });
}
