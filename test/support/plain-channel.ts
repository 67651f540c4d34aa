/**
 * A Phoenix application that knows nothing of calls: its one channel does `broadcast_from` on a join and on every event. No presence,
 * no stamped `from`, no ids, nothing directed.
 */
type Frame = readonly [joinRef: string | null, ref: string | null, topic: string, event: string, payload: unknown];

export class PlainChannel {
  /** What hands a frame to each member, by topic. */
  readonly #members = new Map<(text: string) => void, Set<string>>();

  connect(send: (text: string) => void): void {
    this.#members.set(send, new Set());
  }

  disconnect(send: (text: string) => void): void {
    this.#members.delete(send);
  }

  receive(send: (text: string) => void, text: string): void {
    const [joinRef, ref, topic, event, payload] = JSON.parse(text) as Frame;
    const topics = this.#members.get(send);
    send(JSON.stringify([joinRef, ref, topic, 'phx_reply', { status: 'ok', response: {} }]));
    if (event === 'heartbeat' || topics === undefined) return;
    if (event === 'phx_leave') topics.delete(topic);
    else if (event === 'phx_join') {
      topics.add(topic);
      this.#broadcastFrom(send, topic, 'new', payload);
    } else this.#broadcastFrom(send, topic, event, payload);
  }

  #broadcastFrom(sender: (text: string) => void, topic: string, event: string, payload: unknown): void {
    const text = JSON.stringify([null, null, topic, event, payload]);
    for (const [send, topics] of this.#members) if (send !== sender && topics.has(topic)) send(text);
  }
}
