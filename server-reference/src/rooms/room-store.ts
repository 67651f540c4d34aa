/** Rooms that outlive the process, in SQLite. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Milliseconds } from '../../../src/protocol/index.ts';

export interface RoomRecord {
  readonly slug: string;
  readonly title: string;
  readonly maxPeers: number;
  /** The token subject that made it; null for a room of nobody in particular. */
  readonly owner: string | null;
  readonly createdAt: Milliseconds;
}

/** One statement list a version; `user_version` says how many have run. */
const MIGRATIONS = [
  `CREATE TABLE rooms (
     slug TEXT PRIMARY KEY,
     title TEXT NOT NULL,
     max_peers INTEGER NOT NULL,
     owner TEXT,
     created_at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID`,
];

const COLUMNS = 'slug, title, max_peers AS maxPeers, owner, created_at AS createdAt';

export class RoomStore {
  readonly #db: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #find: StatementSync;
  readonly #all: StatementSync;
  readonly #count: StatementSync;
  readonly #delete: StatementSync;

  /** Opens or makes `rooms.sqlite` under `directory`; throws when the directory cannot be written. */
  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.#db = new DatabaseSync(join(directory, 'rooms.sqlite'));
    this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000');
    this.#migrate();
    this.#insert = this.#db.prepare(
      'INSERT INTO rooms (slug, title, max_peers, owner, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (slug) DO NOTHING',
    );
    this.#find = this.#db.prepare(`SELECT ${COLUMNS} FROM rooms WHERE slug = ?`);
    this.#all = this.#db.prepare(`SELECT ${COLUMNS} FROM rooms ORDER BY created_at DESC, slug LIMIT ?`);
    this.#count = this.#db.prepare('SELECT count(*) AS count FROM rooms');
    this.#delete = this.#db.prepare('DELETE FROM rooms WHERE slug = ?');
  }

  /** False where the slug is taken; nothing has changed then. */
  insert(room: RoomRecord): boolean {
    return this.#insert.run(room.slug, room.title, room.maxPeers, room.owner, room.createdAt).changes === 1;
  }

  /** False where there was no such room. */
  delete(slug: string): boolean {
    return this.#delete.run(slug).changes === 1;
  }

  find(slug: string): RoomRecord | null {
    return toRoom(this.#find.get(slug));
  }

  /** The newest first. */
  list(limit: number): RoomRecord[] {
    return this.#all.all(limit).flatMap((row) => toRoom(row) ?? []);
  }

  get count(): number {
    return Number(this.#count.get()?.['count']);
  }

  close(): void {
    this.#db.close();
  }

  #migrate(): void {
    const version = Number(this.#db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
    if (version > MIGRATIONS.length)
      throw new Error(
        `rooms.sqlite is of version ${version}; this server knows ${MIGRATIONS.length}. Use a newer server or another --data.`,
      );
    for (const [index, migration] of MIGRATIONS.entries()) {
      if (index < version) continue;
      this.#db.exec(`BEGIN; ${migration}; PRAGMA user_version = ${index + 1}; COMMIT`);
    }
  }
}

function toRoom(row: Record<string, unknown> | undefined): RoomRecord | null {
  if (row === undefined) return null;
  const { slug, title, maxPeers, owner, createdAt } = row;
  return {
    slug: String(slug),
    title: String(title),
    maxPeers: Number(maxPeers),
    owner: owner === null ? null : String(owner),
    createdAt: Number(createdAt),
  };
}
