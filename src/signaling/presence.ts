import type { Channel } from 'phoenix';
import * as v from 'valibot';
import type { Schema } from './schema.ts';

export interface PresenceEntry<M> {
  readonly key: string;
  /** One per place where the key is present; the newest is the last. */
  readonly metas: readonly M[];
}

interface Diff {
  readonly joins?: unknown;
  readonly leaves?: unknown;
}

/**
 * Who is on a topic: what `presence_state` says after each join, and `presence_diff` from then on. A diff may run ahead of the state
 * and waits for it. Metas that do not match the schema are left out.
 */
export class Presence<M> {
  readonly #meta: Schema<M>;
  readonly #listeners = new Set<(entries: readonly PresenceEntry<M>[]) => void>();
  /** By key, then by `phx_ref`, which names a meta: a changed one comes with another. */
  readonly #keys = new Map<string, Map<string, M>>();
  #early: Diff[] | null = [];
  #synced = false;

  constructor(channel: Channel, meta: Schema<M>) {
    this.#meta = meta;
    channel.on('presence_state', (state: unknown) => {
      this.#keys.clear();
      const diffs = [{ joins: state }, ...(this.#early ?? [])];
      this.#early = null;
      this.#synced = true;
      this.#apply(diffs);
    });
    channel.on('presence_diff', (diff: Diff) => {
      if (this.#early === null) this.#apply([diff]);
      else this.#early.push(diff);
    });
  }

  /** False until the server has said who is here; a plain channel without presence never does. */
  get synced(): boolean {
    return this.#synced;
  }

  /** The topic was lost: what is known stands until the state that follows the next join. */
  dropped(): void {
    this.#early = [];
  }

  list(): PresenceEntry<M>[] {
    return Array.from(this.#keys, ([key, metas]) => ({ key, metas: [...metas.values()] }));
  }

  onChange(listener: (entries: readonly PresenceEntry<M>[]) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #apply(diffs: readonly Diff[]): void {
    for (const { joins, leaves } of diffs) {
      for (const { key, ref, meta } of metasOf(joins)) {
        const parsed = v.safeParse(this.#meta, meta);
        if (!parsed.success) continue;
        const metas = this.#keys.get(key) ?? new Map<string, M>();
        this.#keys.set(key, metas.set(ref, parsed.output));
      }
      for (const { key, ref } of metasOf(leaves)) {
        const metas = this.#keys.get(key);
        if (metas?.delete(ref) && metas.size === 0) this.#keys.delete(key);
      }
    }
    const entries = this.list();
    for (const listener of [...this.#listeners]) listener(entries);
  }
}

function* metasOf(presences: unknown): Iterable<{ key: string; ref: string; meta: unknown }> {
  for (const [key, presence] of Object.entries(presences ?? {})) {
    const { metas } = Object(presence) as { metas?: unknown };
    for (const meta of Array.isArray(metas) ? metas : []) {
      const ref: unknown = Object(meta).phx_ref;
      if (typeof ref === 'string') yield { key, ref, meta };
    }
  }
}
