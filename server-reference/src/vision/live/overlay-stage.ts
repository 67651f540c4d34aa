/**
 * Faces drawn on the pictures of one broadcast.
 *
 * It stands between what was received and the hub, whatever the container: all that is made of the stream, for players, sockets, disks and ladders,
 * then has the drawn pictures, in one place and with no rule of its own, and none of it can show the others. A drawn picture bears the times of
 * the one that it was made of, and key frames are where the source has them.
 *
 *   drawing ──ffmpeg ends again and again, or pictures are tiny──▶ undrawn, until others follow: the broadcast matters more than what decorates it
 */
import type { SourceFrame, SourceTrack } from '../../hub/epoch.ts';
import type { FrameStage, StageHost } from '../../hub/frame-stage.ts';
import type { VideoConfig } from '../../hub/media.ts';
import type { ContainerTrack } from '../../ingest/container-reader.ts';
import type { VideoPath, VideoSink } from '../../ingest/container-video.ts';
import { parseAvcC } from '../../ingest/h264.ts';
import type { Workshop } from '../../transcode/supervisor.ts';
import { MIN_SIDE } from '../../transcode/transcoders.ts';
import { drawFaces } from './face-drawing.ts';
import { FrameLine } from './frame-line.ts';
import { type FaceFinder, LiveFaces } from './live-faces.ts';
import { ivfSource, OverlayPath } from './overlay-path.ts';
import { type Redrawn, RedrawnPictures } from './redrawn-pictures.ts';
import { evenSize } from './yuv-picture.ts';

/** What is taken for the rate of a source that does not tell it. */
const FRAME_RATE = 30;

/** Whether the overlay is drawn from here on; `details` says why not. */
export interface OverlayNotice {
  readonly overlay: 'server:faces' | 'none';
  readonly details?: string;
}

export interface OverlayStageOptions {
  readonly stream: string;
  readonly workshop: Workshop;
  readonly finder: FaceFinder;
  /** Detections a second at most. */
  readonly detectRate: number;
  readonly notice: (notice: OverlayNotice) => void;
  readonly closed: () => void;
}

export class OverlayStage implements FrameStage {
  readonly #options: OverlayStageOptions;
  readonly #host: StageHost;
  readonly #line: FrameLine;
  readonly #faces: LiveFaces;
  readonly #pictures: RedrawnPictures;
  #tracks: readonly SourceTrack[] = [];
  #drawn: SourceTrack | null = null;
  /** Where it is not H.264 that is drawn on. */
  #path: OverlayPath | null = null;
  /** What the pictures become, the same object for as long as it is the same. */
  #config: VideoConfig | null = null;
  #avcC: Uint8Array | null = null;
  #undrawn: 'no' | 'waits for a key frame' | 'yes' = 'no';
  #closed = false;

  constructor(host: StageHost, options: OverlayStageOptions) {
    const { workshop, finder, detectRate, stream } = options;
    this.#options = options;
    this.#host = host;
    this.#line = new FrameLine((frame) => host.pass(frame));
    this.#faces = new LiveFaces(finder, detectRate, workshop, {
      failing: (details) => this.#tell({ overlay: 'none', details }),
      recovered: () => this.#tell({ overlay: 'server:faces' }),
    });
    this.#pictures = new RedrawnPictures({
      workshop,
      name: `overlay of ${stream}`,
      burst: () => host.burst,
      draw: (picture, at) => drawFaces(picture, this.#faces.look(picture, at)),
      redrawn: (picture) => (this.#path === null ? this.#back(picture) : this.#path.redrawn(picture)),
      lost: () => (this.#path === null ? this.#lost() : this.#path.lost(this.#pictures.givenUp)),
    });
  }

  get pids(): number[] {
    return this.#pictures.pids;
  }

  /**
   * For a recording of another codec, in place of a transcoder: its pictures become H.264 only once, with the faces on them. The stage then lets
   * pass what comes of that. Null where the codec is none of those.
   */
  path(track: ContainerTrack, sink: VideoSink): VideoPath | null {
    const source = this.#closed ? null : ivfSource(track);
    if (source === null) return null;
    const path: OverlayPath = new OverlayPath(this.#pictures, sink, () => {
      if (this.#path !== path) return;
      this.#pictures.stop();
      this.#path = null;
    });
    this.#path = path;
    this.#faces.reset();
    this.#pictures.open(source);
    return path;
  }

  /** One picture is drawn on and becomes `v0`: the largest layer. The others would show what it was made of. */
  tracks(tracks: readonly SourceTrack[]): readonly SourceTrack[] {
    const videos = tracks.filter(({ config }) => config.kind === 'video');
    const largest = videos.toSorted((a, b) => area(b) - area(a))[0] ?? null;
    this.#drawn = largest === null ? null : { ...largest, rendition: 'v0' };
    this.#tracks = [...(this.#drawn === null ? [] : [this.#drawn]), ...tracks.filter(({ config }) => config.kind !== 'video')];
    this.#open();
    return this.#tracks;
  }

  frame(frame: SourceFrame): void {
    const track = this.#tracks.find(({ id }) => id === frame.track);
    const { now } = this.#host;
    // The other layers end here.
    if (track === undefined) return;
    if (this.#path !== null) this.#host.pass(frame);
    else if (track.id !== this.#drawn?.id) this.#line.sound({ ...frame, at: now }, now);
    else this.#picture(this.#drawn, frame);
  }

  lost(): void {
    if (this.#path === null) this.#pictures.skip();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pictures.stop();
    this.#faces.close();
    this.#line.clear();
    const { workshop, stream, closed } = this.#options;
    workshop.log.info({ stream, ...this.#pictures.figures, detections: this.#faces.detections }, 'an overlay has ended');
    closed();
  }

  #open(): void {
    this.#line.clear();
    if (this.#path !== null) return;
    this.#faces.reset();
    const wasUndrawn = this.#undrawn !== 'no';
    this.#undrawn = 'no';
    const { config, timescale, frameRate = FRAME_RATE } = this.#drawn ?? {};
    if (config?.kind === 'video' && timescale !== undefined) {
      const { width, height, avcC } = config;
      if (Math.min(width, height) < MIN_SIDE) {
        this.#pictures.stop();
        this.#leaveUndrawn(`The pictures are ${width}x${height}; faces are drawn on those of ${MIN_SIDE} pixels a side or more.`);
        return;
      }
      // H.264 may have odd sides, where it is grey or has all of its samples of colour.
      this.#pictures.open({ ...evenSize({ width, height }), coded: { avcC }, timescale, frameRate });
    }
    if (wasUndrawn) this.#tell({ overlay: 'server:faces' });
  }

  #picture(drawn: SourceTrack, frame: SourceFrame): void {
    if (frame.config !== undefined) {
      this.#drawn = { ...drawn, config: frame.config };
      this.#open();
    }
    if (this.#undrawn !== 'no') this.#passUndrawn(frame);
    else if (this.#pictures.push(frame)) this.#line.away(frame.dts);
    else if (this.#pictures.waitsForKey && !frame.key) this.#host.requestKeyframe();
  }

  #back({ avcC, ...picture }: Redrawn): void {
    const { id, config } = this.#drawn ?? {};
    if (id === undefined || config === undefined) return;
    if (avcC !== this.#avcC || config.timescale !== this.#config?.timescale) {
      const { codec, width, height } = parseAvcC(avcC);
      this.#avcC = avcC;
      this.#config = { kind: 'video', family: 'avc', codec, timescale: config.timescale, width, height, avcC };
    }
    this.#line.back({ ...picture, track: id, length: 0, ...(picture.key ? { config: this.#config } : {}) });
  }

  #passUndrawn(frame: SourceFrame): void {
    if (this.#undrawn === 'waits for a key frame' && !frame.key) {
      this.#host.requestKeyframe();
      return;
    }
    this.#undrawn = 'yes';
    const config = this.#drawn?.config;
    this.#host.pass({ ...frame, ...(frame.key && config !== undefined ? { config } : {}) });
  }

  #lost(): void {
    this.#line.lost();
    if (this.#pictures.givenUp) this.#leaveUndrawn('ffmpeg ends again and again, so the pictures go on as they are sent.');
    this.#host.missing();
  }

  #leaveUndrawn(details: string): void {
    this.#undrawn = 'waits for a key frame';
    this.#tell({ overlay: 'none', details });
  }

  #tell(notice: OverlayNotice): void {
    if (!this.#closed) this.#options.notice(notice);
  }
}

const area = ({ config }: SourceTrack): number => (config.kind === 'video' ? config.width * config.height : 0);
