/** Posters and storyboards: of recordings, where they are made once and kept beside the media; of what goes on, for some seconds. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';
import type { LiveOrigin } from '../origin/live-origin.ts';
import type { PackagedSession } from '../origin/packaged-session.ts';
import type { Rendition } from '../packaging/rendition.ts';
import { contentsOf, videosOf } from './contents.ts';
import type { Disk } from './disk.ts';
import { keyPicture, readKeyPictures } from './key-picture.ts';
import { POSTER, STORYBOARD } from './layout.ts';
import type { Picture, PictureMaker } from './picture-maker.ts';
import type { RecordingIndex } from './recording-index.ts';
import type { Recordings } from './recordings.ts';
import { keySegments, type Storyboard, storyboardOf, storyboardVtt } from './storyboard.ts';

export type PictureAnswer = Picture | { readonly ok: false; readonly reason: 'not-found' };

const POSTER_WIDTH = 1280;
/** A poster shows what is so far into a recording: beginnings are often black. */
const POSTER_AT = 0.1;
/** How old a picture may be of what goes on. */
const LIVE_AGE: Milliseconds = 5_000;

const NOT_FOUND = { ok: false, reason: 'not-found' } as const;

export interface PicturesOptions {
  readonly recordings: Recordings;
  readonly origin: LiveOrigin;
  readonly maker: PictureMaker;
  readonly disk: Disk;
  readonly clock: Clock;
}

export class Pictures {
  readonly #options: PicturesOptions;
  /** Of what goes on, by stream or file. */
  readonly #passing = new Map<string, { readonly until: Milliseconds; readonly picture: Promise<PictureAnswer> }>();
  /** What is being made, by its file. */
  readonly #making = new Map<string, Promise<PictureAnswer>>();

  constructor(options: PicturesOptions) {
    this.#options = options;
  }

  /** Whether there is anything to draw them with. */
  get available(): boolean {
    return this.#options.maker.available;
  }

  /** The newest key frame of a live stream, at most {@link LIVE_AGE} old. */
  live(stream: string): Promise<PictureAnswer> {
    const known = this.#passed(stream);
    if (known !== undefined) return known;
    const packaged = this.#options.origin.current(stream);
    const key = packaged === undefined || packaged.packager.ended ? null : newestKey(packaged);
    if (key === null) return Promise.resolve(NOT_FOUND);
    return this.#keepForAWhile(stream, this.#options.maker.still(key, POSTER_WIDTH));
  }

  async poster(stream: string, session: string): Promise<PictureAnswer> {
    return this.#kept(stream, session, POSTER, async (folder, index) => {
      const contents = contentsOf(index);
      const [video] = videosOf(contents);
      const keys = keySegments(contents, video);
      const chosen = keys.find(({ at }) => at >= index.duration * POSTER_AT) ?? keys.at(-1);
      const [picture] = chosen === undefined ? [] : await readKeyPictures(folder, chosen.rendition, [chosen.segment]);
      return picture === undefined ? NOT_FOUND : this.#options.maker.still(picture, POSTER_WIDTH);
    });
  }

  async storyboard(stream: string, session: string): Promise<PictureAnswer> {
    return this.#kept(stream, session, STORYBOARD, async (folder, index) => {
      const board = endedStoryboard(index);
      if (board === null) return NOT_FOUND;
      const pictures = await readKeyPictures(
        folder,
        board.rendition,
        board.tiles.map(({ segment }) => segment),
      );
      return this.#options.maker.tiles(pictures, board.grid);
    });
  }

  /** Null where there is no such recording, it is still being made, or there is nothing in it to be drawn. */
  async storyboardVtt(stream: string, session: string, image: string): Promise<string | null> {
    const index = await this.#options.recordings.index(stream, session);
    const board = index === null ? null : endedStoryboard(index);
    return board === null ? null : storyboardVtt(board, image);
  }

  async #kept(
    stream: string,
    session: string,
    file: string,
    make: (folder: string, index: RecordingIndex) => Promise<PictureAnswer>,
  ): Promise<PictureAnswer> {
    const { recordings, disk } = this.#options;
    const folder = recordings.folder(stream, session);
    const index = await recordings.index(stream, session);
    if (folder === null || index === null) return NOT_FOUND;
    const path = join(folder, file);
    const passed = index.end === null ? this.#passed(path) : undefined;
    if (passed !== undefined) return passed;
    const making = this.#making.get(path);
    if (making !== undefined) return making;
    const made = (async (): Promise<PictureAnswer> => {
      const known = await readFile(path).catch(() => null);
      if (known !== null) return { ok: true, jpeg: known };
      const picture = await make(folder, index);
      // On a disk that is full it is made again the next time; one of a recording that goes on would soon be old.
      if (picture.ok && index.end !== null && recordings.folder(stream, session) !== null) {
        await disk.replace(path, picture.jpeg).catch(() => undefined);
      }
      return picture;
    })().finally(() => this.#making.delete(path));
    this.#making.set(path, made);
    return index.end === null ? this.#keepForAWhile(path, made) : made;
  }

  #passed(key: string): Promise<PictureAnswer> | undefined {
    const now = this.#options.clock.now();
    for (const [name, { until }] of this.#passing) if (until <= now) this.#passing.delete(name);
    return this.#passing.get(key)?.picture;
  }

  #keepForAWhile(key: string, picture: Promise<PictureAnswer>): Promise<PictureAnswer> {
    this.#passing.set(key, { until: this.#options.clock.now() + LIVE_AGE, picture });
    return picture;
  }
}

function endedStoryboard(index: RecordingIndex): Storyboard | null {
  return index.end === null ? null : storyboardOf(contentsOf(index));
}

/** The key frame of the newest segment that begins with one, in the largest layer. */
function newestKey({ packager }: PackagedSession): Buffer | null {
  const renditions = packager.info.renditions.flatMap(({ id }) => packager.rendition(id) ?? []);
  const [rendition] = renditions.filter(({ info }) => info.kind === 'video').sort((a, b) => pixels(b) - pixels(a));
  const segment = rendition?.segments.findLast(({ independent }) => independent);
  const bytes = segment?.parts[0]?.bytes;
  const init = segment === undefined ? undefined : rendition?.init(segment.epoch);
  return bytes === undefined || bytes === null || init === undefined ? null : keyPicture(Buffer.from(init), asBuffer(bytes));
}

function pixels({ track }: Rendition): number {
  return track?.config.kind === 'video' ? track.config.width * track.config.height : 0;
}

const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): Buffer => Buffer.from(buffer, byteOffset, byteLength);
