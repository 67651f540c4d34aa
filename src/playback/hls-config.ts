import type { HlsConfig } from 'hls.js';
import type { Seconds } from '../protocol/index.ts';
import { withNewerToken } from './token-url.ts';

/**
 * hls.js as a low-latency player whose playback rate and position we hold ourselves.
 * @param currentToken takes the place of the token that a playlist gives its URLs, so that a renewal interrupts nothing
 */
export function hlsConfig(wanted: Seconds | null, currentToken: () => string | undefined): Partial<HlsConfig> {
  return {
    lowLatencyMode: true,
    // Ours instead: see latency-controller.ts.
    maxLiveSyncPlaybackRate: 1,
    liveSyncOnStallIncrease: 0,
    ...(wanted === null ? {} : { liveSyncDuration: wanted }),
    backBufferLength: 10,
    // A live stream's duration is Infinity (HTML, "media.duration"), so that controls show it as live.
    liveDurationInfinity: true,
    // CMAF is passed through; a worker would only add a copy, and `blob:` to the page's policy.
    enableWorker: false,
    xhrSetup: (request, url) => {
      const renewed = withNewerToken(url, currentToken());
      // hls.js opens what is not open yet.
      if (renewed !== url) request.open('GET', renewed, true);
    },
    // A test download of the lowest level first would cost a late joiner a segment.
    testBandwidth: false,
    abrEwmaDefaultEstimate: 3_000_000,
    playlistLoadPolicy: {
      default: {
        maxTimeToFirstByteMs: 10_000,
        maxLoadTimeMs: 20_000,
        timeoutRetry: { maxNumRetry: 2, retryDelayMs: 0, maxRetryDelayMs: 0 },
        // hls.js takes a playlist whose first segment is not complete yet for an empty one: look again soon.
        errorRetry: { maxNumRetry: 20, retryDelayMs: 200, maxRetryDelayMs: 200, backoff: 'linear' },
      },
    },
    // Advertisements, DRM and telemetry headers are not ours; what is off cannot make requests.
    emeEnabled: false,
    enableInterstitialPlayback: false,
    interstitialsController: undefined,
    emeController: undefined,
    cmcdController: undefined,
    iframeController: undefined,
  };
}
