/** Readers of playlists and manifests that others wrote, which say what they do not like. */
import { createRequire } from 'node:module';
import { parse, setOptions, types } from 'hls-parser';

const require = createRequire(import.meta.url);

export { types };

/** By hls-parser, which throws at what it does not like. */
export function readWithHlsParser(text: string): types.MasterPlaylist | types.MediaPlaylist {
  setOptions({ strictMode: true });
  return parse(text);
}

/** What m3u8-parser made of a playlist, as far as tests look at it. */
export interface M3u8Manifest {
  readonly playlists?: readonly { readonly uri: string; readonly attributes: Readonly<Record<string, unknown>> }[];
  readonly mediaGroups?: { readonly AUDIO: Readonly<Record<string, unknown>> };
  readonly segments: readonly { readonly uri?: string; readonly duration?: number; readonly parts?: readonly { readonly uri: string }[] }[];
  readonly preloadSegment?: { readonly parts?: readonly unknown[]; readonly preloadHints?: readonly unknown[] };
  readonly renditionReports?: readonly unknown[];
  readonly skip?: { readonly skippedSegments: number };
  readonly targetDuration?: number;
  readonly partTargetDuration?: number;
}

interface M3u8Parser {
  on(event: 'warn' | 'info', listener: (event: { readonly message: string }) => void): void;
  push(text: string): void;
  end(): void;
  readonly manifest: M3u8Manifest;
}

/** By m3u8-parser, with all that it remarks. */
export function readWithM3u8Parser(text: string): { manifest: M3u8Manifest; remarks: string[] } {
  const { Parser } = require('m3u8-parser') as { Parser: new () => M3u8Parser };
  const parser = new Parser();
  const remarks: string[] = [];
  parser.on('warn', ({ message }) => remarks.push(message));
  parser.on('info', ({ message }) => remarks.push(message));
  parser.push(text);
  parser.end();
  return { manifest: parser.manifest, remarks };
}

export interface MpdPlaylist {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly segments: readonly {
    readonly resolvedUri: string;
    readonly number: number;
    readonly duration: number;
    readonly presentationTime: number;
  }[];
}

export interface MpdManifest {
  readonly playlists: readonly MpdPlaylist[];
  readonly mediaGroups: {
    readonly AUDIO: Readonly<Record<string, Readonly<Record<string, { readonly playlists: readonly MpdPlaylist[] }>>>>;
  };
  readonly minimumUpdatePeriod?: number;
  readonly timelineStarts: readonly unknown[];
}

/** By mpd-parser, with all that it remarks. */
export function readWithMpdParser(text: string, manifestUri: string): { manifest: MpdManifest; remarks: string[] } {
  const mpd = require('mpd-parser') as {
    parse(text: string, options: { manifestUri: string; eventHandler: (event: { message: string }) => void }): MpdManifest;
  };
  const remarks: string[] = [];
  const manifest = mpd.parse(text, { manifestUri, eventHandler: ({ message }) => remarks.push(message) });
  return { manifest, remarks };
}
