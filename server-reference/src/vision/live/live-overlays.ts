/** All overlays of live streams that this server draws: whether there can be one more, and what each works with. */
import type { StageHost } from '../../hub/frame-stage.ts';
import type { Ffmpeg } from '../../transcode/ffmpeg.ts';
import { PICTURES } from '../../transcode/slots.ts';
import type { Workshop } from '../../transcode/supervisor.ts';
import type { FaceFinder } from './live-faces.ts';
import { type OverlayNotice, OverlayStage } from './overlay-stage.ts';

export interface LiveOverlaysOptions extends Omit<Workshop, 'ffmpeg'> {
  /** The program; null where there is none. */
  readonly ffmpeg: Ffmpeg | null;
  /** What finds faces; null where nothing does. */
  readonly finder: FaceFinder | null;
  /** Detections a second at most, of each stream. */
  readonly detectRate: number;
}

export class LiveOverlays {
  readonly #options: LiveOverlaysOptions;
  readonly #running = new Set<OverlayStage>();

  constructor(options: LiveOverlaysOptions) {
    this.#options = options;
  }

  /** Their processes. */
  get pids(): number[] {
    return [...this.#running].flatMap(({ pids }) => pids);
  }

  /**
   * An overlay for this stream, which holds a slot until it is closed. Null where none can be had: `notice` has then said why. The broadcast goes on
   * without, since boxes are what decorates it.
   */
  open(stream: string, host: StageHost, notice: (notice: OverlayNotice) => void): OverlayStage | null {
    const { ffmpeg, finder, detectRate, slots, clock, log } = this.#options;
    const without = (details: string): null => {
      notice({ overlay: 'none', details });
      return null;
    };
    if (ffmpeg === null) return without('Faces are drawn with the help of ffmpeg, which this server does not have.');
    if (finder === null) return without('This server detects no faces.');
    const release = slots.take(PICTURES);
    if (release === null) return without('This server transcodes no more streams at once, and an overlay is one of them.');
    const closed = (): void => {
      this.#running.delete(stage);
      release();
    };
    const stage: OverlayStage = new OverlayStage(host, {
      stream,
      workshop: { ffmpeg, slots, clock, log },
      finder,
      detectRate,
      notice,
      closed,
    });
    this.#running.add(stage);
    notice({ overlay: 'server:faces' });
    return stage;
  }

  close(): void {
    for (const stage of [...this.#running]) stage.close();
  }
}
