import { type Channel, Presence as PhoenixPresence } from 'phoenix';
import * as v from 'valibot';
import { PresenceEntrySchema } from '../protocol/messages/room.ts';
import type { Schema } from './schema.ts';

export interface PresenceEntry<M> {
  readonly key: string;
  /** One per place where the key is present; the newest is the last. */
  readonly metas: readonly M[];
}

/** Who is on a topic. Metas that do not match the schema are left out. */
export class Presence<M> {
  readonly #presence: PhoenixPresence;
  readonly #meta: Schema<M>;
  readonly #listeners = new Set<(entries: readonly PresenceEntry<M>[]) => void>();
  #synced = false;

  constructor(channel: Channel, meta: Schema<M>) {
    this.#meta = meta;
    this.#presence = new PhoenixPresence(channel);
    this.#presence.onSync(() => {
      this.#synced = true;
      const entries = this.list();
      for (const listener of [...this.#listeners]) listener(entries);
    });
  }

  /** False until the server has said who is here; a plain channel without presence never does. */
  get synced(): boolean {
    return this.#synced;
  }

  list(): PresenceEntry<M>[] {
    return this.#presence.list((key, value: unknown) => {
      const parsed = v.safeParse(PresenceEntrySchema, value);
      const raw: readonly unknown[] = parsed.success ? parsed.output.metas : [];
      const metas: M[] = [];
      for (const meta of raw) {
        const result = v.safeParse(this.#meta, meta);
        if (result.success) metas.push(result.output);
      }
      return { key, metas };
    });
  }

  onChange(listener: (entries: readonly PresenceEntry<M>[]) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}
