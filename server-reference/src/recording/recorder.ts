/** Records the sessions whose broadcasters ask for it. */
import type { Hub } from '../hub/hub.ts';
import type { RecordingNotice } from '../hub/publication.ts';
import type { LiveOrigin } from '../origin/live-origin.ts';
import type { PackagedSession } from '../origin/packaged-session.ts';
import type { Rendition } from '../packaging/rendition.ts';
import type { Recording } from './recording.ts';
import type { Recordings } from './recordings.ts';
import { readInit, readSegment } from './stored-media.ts';

export interface RecorderOptions {
  readonly hub: Hub;
  readonly origin: LiveOrigin;
  /** Null where this server records nothing: whoever asks is told so. */
  readonly recordings: Recordings | null;
}

/** Returns what ends it; recordings end with their sessions. */
export function recordSessions({ hub, origin, recordings }: RecorderOptions): () => void {
  return origin.onPackaged((packaged) => {
    const session = hub.session(packaged.stream);
    if (session?.id !== packaged.id || !session.record) return;
    const tell = (notice: RecordingNotice): void => hub.recording(packaged.stream, notice);
    if (recordings === null) packaged.observe(repeated(() => tell({ state: 'stopped', reason: 'forbidden' })));
    else record(packaged, hub, recordings, tell);
  });
}

/** A broadcaster that comes back begins an epoch and hears how things stand. */
function repeated(tell: () => void): { init: (rendition: Rendition, epoch: number) => void } {
  let told = 0;
  return {
    init(_rendition, epoch) {
      if (told === epoch) return;
      told = epoch;
      tell();
    },
  };
}

function record(packaged: PackagedSession, hub: Hub, recordings: Recordings, tell: (notice: RecordingNotice) => void): void {
  const { packager, stream, id } = packaged;
  const { zero, renditions } = packager.info;
  const header = {
    version: 1 as const,
    stream,
    session: id,
    zero,
    startedAt: hub.clock.now(),
    targetDuration: packager.targetDuration,
    title: hub.status(stream).title,
    // What is made on demand comes and goes with those who ask for it.
    renditions: renditions
      .filter(({ onDemand }) => onDemand !== true)
      .map(({ id: rendition, kind, timescale }) => ({ id: rendition, kind, timescale })),
  };
  const state = (): RecordingNotice => {
    const reason = recording.stopped;
    return reason === null ? { state: 'recording' } : { state: 'stopped', reason };
  };
  const recording: Recording = recordings.begin(header, () => tell(state()));
  const notices = repeated(() => tell(state()));
  packaged.archive = {
    segment: async (rendition, msn) => readSegment(recording.folder, recording.index.rendition(rendition), msn),
    init: async (rendition, epoch) => readInit(recording.index.rendition(rendition), epoch),
    written: () => recording.written(),
  };
  packaged.observe({
    init(rendition, epoch) {
      const bytes = rendition.init(epoch);
      const track = rendition.track;
      if (bytes === undefined || track === null) return;
      recording.init(rendition.info.id, { epoch, config: track.config, frameDuration: track.frameDuration, bytes });
      notices.init(rendition, epoch);
    },
    part: (rendition, segment, part) => recording.part(rendition.info.id, segment, part),
    segment: (rendition, segment) => recording.segment(rendition.info.id, segment),
    end() {
      recording.title = hub.status(stream).title;
      recordings.finish(recording);
    },
  });
}
