import { GlasscastError } from '../protocol/index.ts';
import { missingPart } from '../signaling/missing-part.ts';
import type { PlaybackEngine } from './engine.ts';

export type EngineChoice = 'hls.js' | 'native';

/**
 * Media Source Extensions wherever they are, since only there latency can be held; the browser's own HLS where they are missing
 * (iPhone). Chromium answers `maybe` for HLS as well, so asking `canPlayType` first would choose wrongly.
 */
export function chooseEngine(scope: { MediaSource?: unknown; ManagedMediaSource?: unknown }, canPlayHls: boolean): EngineChoice | null {
  if (scope.MediaSource !== undefined || scope.ManagedMediaSource !== undefined) return 'hls.js';
  return canPlayHls ? 'native' : null;
}

/**
 * @param currentToken the token that goes with requests now, in place of the one that the stream was opened with
 * @throws GlasscastError `unsupported` where HLS cannot be played at all; `network` or `version` when the player's code does not load
 */
export async function createHlsEngine(video: HTMLVideoElement, currentToken: () => string | undefined): Promise<PlaybackEngine> {
  const choice = chooseEngine(globalThis, video.canPlayType('application/vnd.apple.mpegurl') !== '');
  if (choice === null) throw new GlasscastError('unsupported', 'This browser cannot play HLS.');
  try {
    if (choice === 'native') {
      const { NativeHlsEngine } = await import('./native-hls-engine.ts');
      return new NativeHlsEngine();
    }
    const { HlsJsEngine } = await import('./hls-js-engine.ts');
    return new HlsJsEngine({ currentToken });
  } catch (cause) {
    throw await missingPart(cause);
  }
}
