/**
 * Who is on a topic, as the Phoenix client's `Presence` understands it: metas under keys, each with a `phx_ref`; an updated meta
 * names the one it replaces in `phx_ref_prev`. Pure: every change returns the diff, whoever asked publishes it.
 */
export type Meta = Readonly<Record<string, unknown>>;
export type TrackedMeta = Meta & { readonly phx_ref: string };
export type PresenceState = Record<string, { metas: TrackedMeta[] }>;

export interface PresenceDiff {
  readonly joins: PresenceState;
  readonly leaves: PresenceState;
}

export interface PresenceChange {
  /** Names the meta in later calls. */
  readonly ref: string;
  readonly diff: PresenceDiff;
}

const entry = (key: string, meta: TrackedMeta): PresenceState => Object.fromEntries([[key, { metas: [meta] }]]);

export class Presence {
  readonly #entries = new Map<string, TrackedMeta[]>();
  readonly #newRef: () => string;

  /** `newRef` makes references that are unique for the life of the server. */
  constructor(newRef: () => string) {
    this.#newRef = newRef;
  }

  track(key: string, meta: Meta): PresenceChange {
    const tracked = { ...meta, phx_ref: this.#newRef() };
    const metas = this.#entries.get(key);
    if (metas === undefined) this.#entries.set(key, [tracked]);
    else metas.push(tracked);
    return { ref: tracked.phx_ref, diff: { joins: entry(key, tracked), leaves: {} } };
  }

  /** Replaces the meta called `ref`; tracks it anew where it has gone. */
  update(key: string, ref: string, meta: Meta): PresenceChange {
    const metas = this.#entries.get(key);
    const index = metas?.findIndex((each) => each.phx_ref === ref) ?? -1;
    const previous = metas?.[index];
    if (metas === undefined || previous === undefined) return this.track(key, meta);
    const tracked = { ...meta, phx_ref: this.#newRef(), phx_ref_prev: ref };
    metas[index] = tracked;
    return { ref: tracked.phx_ref, diff: { joins: entry(key, tracked), leaves: entry(key, previous) } };
  }

  /** Null where there was no such meta. */
  untrack(key: string, ref: string): PresenceDiff | null {
    const metas = this.#entries.get(key);
    const index = metas?.findIndex((each) => each.phx_ref === ref) ?? -1;
    const previous = metas?.[index];
    if (metas === undefined || previous === undefined) return null;
    metas.splice(index, 1);
    if (metas.length === 0) this.#entries.delete(key);
    return { joins: {}, leaves: entry(key, previous) };
  }

  /** The payload of `presence_state`, of the metas that `visible` lets through. */
  state(visible: (meta: Meta) => boolean = () => true): PresenceState {
    const shown = [...this.#entries].map(([key, metas]) => [key, { metas: metas.filter(visible) }] as const);
    return Object.fromEntries(shown.filter(([, { metas }]) => metas.length > 0));
  }
}
