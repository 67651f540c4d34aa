import { mediaTopic, type Playback } from '../../../src/protocol/index.ts';

/** Where a stream can be played; without a public URL the address is relative to the server that said so. */
export function playbackOf(stream: string, publicUrl: URL | null): Playback {
  const live = (file: string): string => {
    const path = `/live/${stream}/${file}`;
    return publicUrl === null ? path : new URL(path, publicUrl).href;
  };
  return { hls: live('index.m3u8'), dash: live('manifest.mpd'), ws: socketOf(stream, publicUrl) };
}

/** The Phoenix endpoint, with the topic behind `#`. */
function socketOf(stream: string, publicUrl: URL | null): string {
  const path = `/socket#${mediaTopic(stream)}`;
  return publicUrl === null ? path : new URL(path, publicUrl).href.replace(/^http/, 'ws');
}
