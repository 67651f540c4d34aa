/** Small pictures of a recording at regular times, for the bar that one seeks in: one sprite, and a WebVTT that says which is when. */
import type { Seconds } from '../../../src/protocol/index.ts';
import { type Contents, periodsOf, videosOf } from './contents.ts';
import type { Grid } from './picture-maker.ts';
import type { RecordedRendition, RecordedSegment } from './recording-index.ts';

const MOST_TILES = 100;
const COLUMNS = 10;
const TILE_WIDTH = 160;
const TILE_HEIGHT = 90;

export interface Tile {
  readonly start: Seconds;
  readonly end: Seconds;
  readonly segment: RecordedSegment;
}

export interface Storyboard {
  readonly rendition: RecordedRendition;
  readonly tiles: readonly Tile[];
  readonly grid: Grid;
}

/** A rendition's segments that begin with a key frame, with their times as players count them. */
export function keySegments(
  contents: Contents,
  rendition: RecordedRendition | undefined,
): { rendition: RecordedRendition; at: Seconds; segment: RecordedSegment }[] {
  return periodsOf(contents).flatMap(({ start, mediaStart, tracks }) =>
    tracks
      .filter((track) => track.rendition === rendition)
      .flatMap((track) =>
        track.segments
          .filter(({ independent }) => independent)
          .map((segment) => ({
            rendition: track.rendition,
            at: start + segment.start / track.rendition.info.timescale - mediaStart,
            segment,
          })),
      ),
  );
}

/** Null without pictures. The smallest layer will do. */
export function storyboardOf(contents: Contents): Storyboard | null {
  const keys = keySegments(contents, videosOf(contents).at(-1));
  const [first] = keys;
  if (first === undefined) return null;
  const total = periodsOf(contents).reduce((sum, { duration }) => sum + duration, 0);
  const interval = total / MOST_TILES;
  const chosen = keys.filter(({ at }, index) => {
    const before = keys[index - 1];
    return before === undefined || Math.floor(at / interval) > Math.floor(before.at / interval);
  });
  const tiles = chosen.map(({ at, segment }, index) => ({ start: at, end: chosen[index + 1]?.at ?? total, segment }));
  const columns = Math.min(COLUMNS, tiles.length);
  const grid = { columns, rows: Math.ceil(tiles.length / columns), width: TILE_WIDTH, height: TILE_HEIGHT };
  return { rendition: first.rendition, tiles, grid };
}

/** @param image address of the sprite */
export function storyboardVtt({ tiles, grid }: Storyboard, image: string): string {
  const cues = tiles.map(({ start, end }, index) => {
    const x = (index % grid.columns) * grid.width;
    const y = Math.floor(index / grid.columns) * grid.height;
    return `${timestamp(start)} --> ${timestamp(end)}\n${image}#xywh=${x},${y},${grid.width},${grid.height}\n`;
  });
  return ['WEBVTT\n', ...cues].join('\n');
}

function timestamp(seconds: Seconds): string {
  const ms = Math.round(seconds * 1000);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}.${String(ms % 1000).padStart(3, '0')}`;
}
