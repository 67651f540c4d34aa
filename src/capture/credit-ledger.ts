import type { Bytes, Milliseconds } from '../protocol/units.ts';

interface Unacknowledged {
  readonly bytes: Bytes;
  readonly sentAt: Milliseconds;
}

/** Until the first reply says how much of the session the server has counted, a window that holds one large key frame. */
const OPENING_WINDOW: Bytes = 1024 * 1024;

/**
 * What may be sent, and what is on its way. Credits are cumulative bytes of the session as the server counts them, and after a reload
 * we do not know its count; so what is left is taken from each reply (credit minus received) less what was sent since.
 */
export class CreditLedger {
  readonly #inFlight = new Map<number, Unacknowledged>();
  #nextId = 0;
  #outstanding: Bytes = 0;
  #window: Bytes = 0;
  #acknowledged: Bytes = 0;

  /** A join was answered: nothing of an earlier connection is on its way any more. */
  open(credit: Bytes): void {
    this.#inFlight.clear();
    this.#outstanding = 0;
    this.#window = Math.min(credit, OPENING_WINDOW);
  }

  /** Bytes that may be sent now. */
  get available(): Bytes {
    return Math.max(0, this.#window - this.#outstanding);
  }

  /** Bytes sent and not yet acknowledged. */
  get outstanding(): Bytes {
    return this.#outstanding;
  }

  /** Pushes sent and not yet acknowledged. */
  get pushes(): number {
    return this.#inFlight.size;
  }

  /** Bytes acknowledged in all, over every connection. */
  get acknowledged(): Bytes {
    return this.#acknowledged;
  }

  /** How long the oldest unacknowledged push has been on its way; 0 with none. */
  oldestAge(now: Milliseconds): Milliseconds {
    for (const { sentAt } of this.#inFlight.values()) return Math.max(0, now - sentAt);
    return 0;
  }

  /** Notes a push; the returned id goes to {@link acknowledge}. */
  sent(bytes: Bytes, now: Milliseconds): number {
    const id = this.#nextId++;
    this.#inFlight.set(id, { bytes, sentAt: now });
    this.#outstanding += bytes;
    return id;
  }

  /** Takes the reply to a push. Returns its round trip; null where the push belongs to an earlier connection. */
  acknowledge(id: number, reply: { readonly credit: Bytes; readonly received: Bytes }, now: Milliseconds): Milliseconds | null {
    const push = this.#inFlight.get(id);
    if (push === undefined) return null;
    this.#inFlight.delete(id);
    this.#outstanding -= push.bytes;
    this.#acknowledged += push.bytes;
    this.#window = Math.max(0, reply.credit - reply.received);
    return now - push.sentAt;
  }

  /** A push that the server refused or never answered is no longer on its way. */
  forget(id: number): void {
    const push = this.#inFlight.get(id);
    if (push === undefined) return;
    this.#inFlight.delete(id);
    this.#outstanding -= push.bytes;
  }
}
