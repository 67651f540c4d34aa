/** What is served of recordings: playlists and manifests as text, media and downloads as places in files. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { contentsOf } from './contents.ts';
import { Download } from './download.ts';
import { mediaFile } from './layout.ts';
import { RecentlyAsked } from './recently-asked.ts';
import type { RecordingIndex } from './recording-index.ts';
import type { Recordings } from './recordings.ts';
import { playable, readInit } from './stored-media.ts';
import { vodManifest } from './vod-manifest.ts';
import { vodMediaPlaylist, vodMultivariantPlaylist } from './vod-playlist.ts';

/** Bytes that are read when they are sent. */
export interface ByteSource {
  readonly length: number;
  /** Says which bytes these are: another recording, or more of it, has another. */
  readonly tag: string;
  /** @param end the last byte, included */
  stream(start: number, end: number): Readable;
}

/** Downloads whose index is kept: that of an hour takes some megabytes, and players ask for many ranges. */
const MOST_DOWNLOADS = 2;

export class Library {
  readonly #recordings: Recordings;
  readonly #downloads = new RecentlyAsked<Download | null>(MOST_DOWNLOADS);

  constructor(recordings: Recordings) {
    this.#recordings = recordings;
  }

  /** Null for a recording that is not there, or of which nothing can be played yet. */
  async multivariant(stream: string, session: string, token: boolean): Promise<string | null> {
    const index = await this.#recordings.index(stream, session);
    const contents = index === null ? null : contentsOf(index);
    return contents === null || contents.times.length === 0 ? null : vodMultivariantPlaylist(contents, token);
  }

  /** @param query what follows every address in it */
  async manifest(stream: string, session: string, query: string): Promise<string | null> {
    const index = await this.#recordings.index(stream, session);
    const contents = index === null ? null : contentsOf(index);
    return contents === null || contents.times.length === 0 ? null : vodManifest(contents, { query });
  }

  async media(stream: string, session: string, rendition: string, token: boolean): Promise<string | null> {
    const index = await this.#recordings.index(stream, session);
    if (index?.rendition(rendition) === undefined) return null;
    const { zero, targetDuration } = index.header;
    return vodMediaPlaylist(rendition, contentsOf(index), { zero, targetDuration, ended: index.end !== null, token });
  }

  async init(stream: string, session: string, rendition: string, epoch: number): Promise<Buffer | null> {
    const index = await this.#recordings.index(stream, session);
    return readInit(index?.rendition(rendition), epoch);
  }

  async segment(stream: string, session: string, rendition: string, msn: number): Promise<ByteSource | null> {
    const index = await this.#recordings.index(stream, session);
    const folder = this.#recordings.folder(stream, session);
    const segment = playable(index?.rendition(rendition), msn);
    if (folder === null || segment === undefined) return null;
    const { offset, length } = segment;
    const path = join(folder, mediaFile(rendition));
    const read = (start: number, end: number): Readable => createReadStream(path, { start: offset + start, end: offset + end });
    return { length, tag: `${session}-${rendition}-${msn}`, stream: read };
  }

  async download(stream: string, session: string): Promise<ByteSource | null> {
    const index = await this.#recordings.index(stream, session);
    const folder = this.#recordings.folder(stream, session);
    if (index === null || folder === null) return null;
    const tag = tagOf(index);
    const download = await this.#downloads.get(tag, () => Download.of(folder, index));
    if (download === null) return null;
    return { length: download.length, tag, stream: (start, end) => Readable.from(download.read(start, end), { objectMode: false }) };
  }
}

/** One that is still being made has more by and by, and another tag with it. */
function tagOf({ header, renditions }: RecordingIndex): string {
  return [header.session, ...renditions.map(({ segments }) => segments.length)].join('-');
}
