import { html, type TemplateResult } from 'lit';
import type { LobbyRoom } from '../../signaling/lobby-session.ts';
import { pageLocale } from '../../ui/page-locale.ts';
import { lobbyMessages as msg } from './lobby-messages.ts';

/** More names than these are counted. */
const NAMED = 6;

/**
 * One room of the list: all of it opens the room.
 * @param href where it opens, or null where the page decides
 */
export function renderRoom(room: LobbyRoom, href: string | null, open: (event: MouseEvent) => void): TemplateResult {
  const { slug, title, peers, max_peers: max } = room;
  const full = peers >= max;
  const description = `people-${slug} count-${slug}`;
  const name = html`<bdi>${title}</bdi>`;
  return html`<li class="room ${peers > 0 ? 'occupied' : ''} ${full ? 'full' : ''}" part="room" data-slug=${slug}>
    ${
      href === null
        ? html`<button class="open" part="open" type="button" aria-describedby=${description} @click=${open}>${name}</button>`
        : html`<a class="open" part="open" href=${href} aria-describedby=${description} @click=${open}>${name}</a>`
    }
    <p class="people" id="people-${slug}">${peers === 0 ? msg('nobody') : renderPeople(room)}</p>
    <p class="count" id="count-${slug}">${msg(full ? 'full' : 'count', { count: peers, max })}</p>
    <span class="go" aria-hidden="true">${msg('open')}</span>
  </li>`;
}

/** Each name keeps to itself where it is of another direction than its neighbours. */
function renderPeople({ names }: LobbyRoom): (string | TemplateResult)[] {
  const shown = names.slice(0, NAMED);
  const rest = names.length - shown.length;
  const listed = rest === 0 ? shown : [...shown, msg('more', { count: rest })];
  const format = new Intl.ListFormat(pageLocale(), { type: rest === 0 ? 'conjunction' : 'unit' });
  return format.formatToParts(listed).map(({ type, value }) => (type === 'element' ? html`<bdi>${value}</bdi>` : value));
}
