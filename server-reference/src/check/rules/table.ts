/** Every rule, by its number. What is not in here is not checked; a test counts them. */
import type { Rule, Verdict } from '../verdict.ts';
import { chunkedSegments, dynamicMpd, endOfStream, producerTimes, serviceDescription } from './dash.ts';
import { codecDetails, description } from './description.ts';
import { frozenTiming, holdBack, partDuration, partHoldBack, partInf, targetDuration } from './durations.ts';
import { growth } from './growth.ts';
import { deltaUpdates, partsMakeSegment, preloadHints, renditionReports } from './low-latency.ts';
import { afterEnd, badReloads, blockingReload, pastAndStuck, reloadBySegment } from './reload.ts';
import { independentParts, independentSegments, playlistType, sequenceNumbers, tagOrder, window } from './segments.ts';
import { awayAndBack, oneClock } from './timeline.ts';
import { caching, crossOrigin } from './transport.ts';

const unseen = (why: string): Verdict => ({ kind: 'unseen', why });

function hls(id: string, title: string, judge: Rule['judge']): Rule {
  return { id, family: 'hls', title, judge: (log) => (log.hls === null ? unseen('no HLS playlist was given') : judge(log)) };
}

function dash(id: string, title: string, judge: Rule['judge']): Rule {
  return { id, family: 'dash', title, judge: (log) => (log.dash === null ? unseen('no MPD was given') : judge(log)) };
}

export const RULES: readonly Rule[] = [
  hls('1', 'Segments last no longer than the target duration, which never changes', targetDuration),
  hls('2', 'Playlists with parts have PART-INF and PART-HOLD-BACK', partInf),
  hls('3', 'Parts last 85 % to 100 % of PART-TARGET', partDuration),
  hls('4', 'PART-HOLD-BACK is at least three part targets', partHoldBack),
  hls('5', 'PART-TARGET and hold-backs never change', frozenTiming),
  hls('6', 'HOLD-BACK is at least three target durations, CAN-SKIP-UNTIL six', holdBack),
  hls('7', 'Parts that begin with a key frame say so', independentParts),
  hls('8', 'Tags of a segment stand before its first part', tagOrder),
  hls('9', 'Sequence numbers count what was removed', sequenceNumbers),
  hls('10', 'The window keeps its length, and parts stay for a while', window),
  hls('11', 'One clock for all renditions', oneClock),
  hls('12', 'The playlist type allows what is done', playlistType),
  hls('13', 'Interruptions are gaps and discontinuities, in all renditions', awayAndBack),
  { id: '13b', family: 'media', title: 'Segments are called independent only while they are', judge: independentSegments },
  hls('14', 'Blocking reload waits for the part', blockingReload),
  hls('15', 'A reload that names a segment only', reloadBySegment),
  hls('16', 'Reloads that make no sense are refused', badReloads),
  hls('17', 'What is gone is answered at once, what does not come with 503', pastAndStuck),
  hls('18', 'Directives are ignored after the end', afterEnd),
  hls('19', 'Parts and segments come in time', growth),
  hls('20', 'Delta updates add up to the full playlist', deltaUpdates),
  hls('21', 'Preload hints name the next part, which is held until it is complete', preloadHints),
  hls('22', 'Playlists report on the other renditions', renditionReports),
  hls('23', 'Playlists are compressed and short-lived, media is kept', caching),
  hls('24', 'Parts are their segment; a token reaches every address', partsMakeSegment),
  hls('25', 'Pages of other origins may read it; HTTP/2 over TLS', crossOrigin),
  hls('26', 'The multivariant playlist describes the media', description),
  dash('27', 'A dynamic MPD with a constant start and a clock', dynamicMpd),
  dash('28', 'A service description with latency and playback rate', serviceDescription),
  dash('29', 'Segments are available as they grow', chunkedSegments),
  dash('30', 'Producer times, and media times as the MPD says', producerTimes),
  dash('31', 'The end makes the MPD static', endOfStream),
  { id: '32', family: 'media', title: 'Codec strings, Opus, AAC priming, dates', judge: codecDetails },
];
