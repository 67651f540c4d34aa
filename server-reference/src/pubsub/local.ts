import type { Deliver, Message, PubSub } from './pubsub.ts';

/** Within one process: synchronous, in the order of subscription. */
export class LocalPubSub implements PubSub {
  readonly #topics = new Map<string, Set<Deliver>>();

  subscribe(topic: string, deliver: Deliver): () => void {
    // A wrapper of its own, so that the same function may subscribe twice.
    const entry: Deliver = (message) => deliver(message);
    const entries = this.#topics.get(topic) ?? new Set();
    entries.add(entry);
    this.#topics.set(topic, entries);
    return () => {
      entries.delete(entry);
      if (entries.size === 0 && this.#topics.get(topic) === entries) this.#topics.delete(topic);
    };
  }

  publish(topic: string, message: Message): void {
    for (const deliver of this.#topics.get(topic) ?? []) deliver(message);
  }

  /** How many topics have listeners; what a leak test counts. */
  get size(): number {
    return this.#topics.size;
  }
}
