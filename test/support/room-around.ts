/** Stands for the `rtc-room` around a part: hands it a view, and hears what it asks for. */
import { ContextProvider } from '@lit/context';
import { fixture, html } from '@open-wc/testing';
import type { LitElement } from 'lit';
import { emptyRoomView, type Participant, type RoomView, roomContext } from '../../src/ui/room-context.ts';
import { UNKNOWN_QUALITY } from '../../src/webrtc/link-quality.ts';
import { NO_TRACKS } from '../../src/webrtc/slots.ts';

export function participant(id: string, name: string, more: Partial<Participant> = {}): Participant {
  return {
    id,
    name,
    microphone: true,
    camera: true,
    screen: false,
    away: false,
    link: 'connected',
    tracks: NO_TRACKS,
    self: false,
    speaking: false,
    quality: UNKNOWN_QUALITY,
    ...more,
  };
}

export interface Asked {
  readonly type: string;
  readonly detail: unknown;
}

export interface RoomAround<E> {
  readonly part: E;
  readonly root: ShadowRoot;
  /** The requests that the part has sent upward. */
  readonly asked: Asked[];
  /** Changes the view, and waits until the part has drawn it. */
  show(change: Partial<RoomView>): Promise<void>;
}

/** A room `team` with oneself in it, unless `view` says otherwise. */
export async function roomAround<E extends LitElement>(
  tag: string,
  requests: readonly string[],
  view: Partial<RoomView> = {},
): Promise<RoomAround<E>> {
  const host = await fixture<HTMLElement>(html`<div></div>`);
  const provider = new ContextProvider(host, { context: roomContext });
  let current: RoomView = {
    ...emptyRoomView,
    room: 'team',
    state: 'joined',
    participants: [participant('me', 'Ada', { self: true })],
    ...view,
  };
  provider.setValue(current);
  const asked: Asked[] = [];
  for (const type of requests) {
    host.addEventListener(type, (event) => asked.push({ type, detail: (event as CustomEvent<unknown>).detail }));
  }
  const part = document.createElement(tag) as E;
  host.append(part);
  await part.updateComplete;
  const { shadowRoot } = part;
  if (shadowRoot === null) throw new Error(`<${tag}> is not defined`);
  return {
    part,
    root: shadowRoot,
    asked,
    show: async (change) => {
      current = { ...current, ...change };
      provider.setValue(current);
      await part.updateComplete;
    },
  };
}
