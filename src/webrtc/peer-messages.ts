/**
 * What goes over the data channels of a mesh: the page's own messages, and what is shown of what a peer sends.
 *
 *   {"n": 1, "data": …}   a message; as binary: u32 number · bytes
 *   {"ack": 1}            it has arrived
 *   {"watch": {"video": false, "screen": true}}   which slots of the receiver's are shown; all are until this says otherwise
 */
import * as v from 'valibot';
import { GlasscastError } from '../protocol/errors.ts';
import { type Body, DirectLane, MAX_MESSAGE_BYTES, NUMBER_BYTES, noPeer, sizeOf } from './direct-lane.ts';
import type { Frame } from './link-interface.ts';

/** The slots that a tile shows, or does not. */
export type WatchedSlot = 'video' | 'screen';

export interface PeerMessagesOptions {
  /** True for whoever there is a link to. */
  readonly knows: (id: string) => boolean;
  /** False when it was not sent; what is worth sending again is, when the channel has opened. */
  readonly send: (id: string, frame: Frame) => boolean;
  readonly shown: (id: string, slot: WatchedSlot, shown: boolean) => void;
  readonly message: (id: string, data: unknown) => void;
}

const MAX_NUMBER = 2 ** 32 - 1;
const NumberSchema = v.pipe(
  v.number(),
  v.check((value) => Number.isInteger(value) && value >= 1 && value <= MAX_NUMBER),
);
const TextFrameSchema = v.union([
  v.object({ n: NumberSchema, data: v.unknown() }),
  v.object({ ack: NumberSchema }),
  v.object({ watch: v.object({ video: v.boolean(), screen: v.boolean() }) }),
]);
/** Characters of a text frame; no more than a message's bytes, and some around it. */
const MAX_FRAME_LENGTH = MAX_MESSAGE_BYTES + 64;

export class PeerMessages {
  readonly #options: PeerMessagesOptions;
  readonly #lanes = new Map<string, DirectLane>();
  readonly #hidden = new Map<string, Set<WatchedSlot>>();

  constructor(options: PeerMessagesOptions) {
    this.#options = options;
  }

  /** Tells a peer whether its slot is shown here. */
  watch(id: string, slot: WatchedSlot, watched: boolean): void {
    if (!this.#options.knows(id)) return;
    const hidden = this.#hidden.get(id) ?? new Set();
    if (hidden.has(slot) !== watched) return;
    if (watched) hidden.delete(slot);
    else hidden.add(slot);
    this.#hidden.set(id, hidden);
    this.#tellWatched(id, hidden);
  }

  /** @throws GlasscastError `invalid`, `no-peer`, `limit` */
  async send(id: string, body: Body | undefined): Promise<void> {
    if (!this.#options.knows(id)) throw noPeer();
    await this.#laneOf(id).send(validBody(body));
  }

  /** Who leaves meanwhile is not missed. @throws GlasscastError `invalid`, `limit` when it could not be sent to everybody */
  async sendAll(ids: readonly string[], body: Body | undefined): Promise<void> {
    const valid = validBody(body);
    const results = await Promise.allSettled(ids.map((id) => this.send(id, valid)));
    for (const result of results) {
      if (result.status === 'rejected' && !(result.reason instanceof GlasscastError && result.reason.code === 'no-peer'))
        throw result.reason;
    }
  }

  /** A data channel can be used, for the first time or after its link was built anew. */
  opened(id: string): void {
    const hidden = this.#hidden.get(id);
    if (hidden !== undefined && hidden.size > 0) this.#tellWatched(id, hidden);
    this.#lanes.get(id)?.opened();
  }

  /** What makes no sense changes nothing. */
  handle(id: string, frame: Frame): void {
    if (!this.#options.knows(id)) return;
    if (typeof frame === 'string') this.#handleText(id, frame);
    else this.#handleBinary(id, frame);
  }

  /** There is no link to the peer any more. Who may come back is remembered, so that nothing is heard twice. */
  removed(id: string, mayReturn: boolean): void {
    this.#hidden.delete(id);
    this.#lanes.get(id)?.end();
    if (!mayReturn) this.#lanes.delete(id);
  }

  #handleText(id: string, frame: string): void {
    if (frame.length > MAX_FRAME_LENGTH) return;
    const parsed = v.safeParse(TextFrameSchema, jsonOf(frame));
    if (!parsed.success) return;
    const { output } = parsed;
    if ('ack' in output) this.#lanes.get(id)?.acknowledged(output.ack);
    else if ('watch' in output) {
      this.#options.shown(id, 'video', output.watch.video);
      this.#options.shown(id, 'screen', output.watch.screen);
    } else if (this.#laneOf(id).hear(output.n)) this.#options.message(id, output.data);
  }

  #handleBinary(id: string, frame: ArrayBuffer): void {
    if (frame.byteLength < NUMBER_BYTES || frame.byteLength > NUMBER_BYTES + MAX_MESSAGE_BYTES) return;
    const n = new DataView(frame).getUint32(0);
    if (n > 0 && this.#laneOf(id).hear(n)) this.#options.message(id, frame.slice(NUMBER_BYTES));
  }

  #tellWatched(id: string, hidden: ReadonlySet<WatchedSlot>): void {
    const watch = { video: !hidden.has('video'), screen: !hidden.has('screen') };
    this.#options.send(id, JSON.stringify({ watch }));
  }

  #laneOf(id: string): DirectLane {
    const lane = this.#lanes.get(id) ?? new DirectLane((frame) => this.#options.send(id, frame));
    this.#lanes.set(id, lane);
    return lane;
  }
}

function validBody(body: Body | undefined): Body {
  if (body === undefined) throw new GlasscastError('invalid', 'Only JSON values and buffers can be sent.');
  if (sizeOf(body) > MAX_MESSAGE_BYTES) throw new GlasscastError('invalid', 'A message can have 64 KiB at most.');
  return body;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
