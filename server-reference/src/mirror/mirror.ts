/** Pushes streams as regular HLS to a target that needs to know nothing of them, such as a CDN's storage. */
import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';
import type { Hub } from '../hub/hub.ts';
import type { LiveOrigin } from '../origin/live-origin.ts';
import type { PackagedSession } from '../origin/packaged-session.ts';
import type { Log } from '../telemetry/log.ts';
import { SessionMirror } from './session-mirror.ts';
import type { MirrorTarget } from './target.ts';
import { Uploader } from './uploader.ts';

export interface MirrorOptions {
  readonly hub: Hub;
  readonly origin: LiveOrigin;
  readonly target: MirrorTarget;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether what has left its window is deleted. */
  readonly deletes: boolean;
  /** Whether streams that are not recorded stay here. */
  readonly recordedOnly: boolean;
}

export class Mirror {
  readonly #options: MirrorOptions;
  readonly #uploader: Uploader;
  readonly #sessions = new Set<SessionMirror>();
  readonly #newest = new Map<string, SessionMirror>();
  readonly #stopListening: () => void;

  constructor(options: MirrorOptions) {
    this.#options = options;
    this.#uploader = new Uploader(options);
    this.#stopListening = options.origin.onPackaged((packaged) => this.#observe(packaged));
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => session.idle()));
  }

  /** Gives what is under way, the last playlists among it, so long to arrive. */
  async close(patience: Milliseconds): Promise<void> {
    this.#stopListening();
    const idle = this.idle();
    // In real time, whatever the clock: the process is to end.
    let cut: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      cut = setTimeout(resolve, patience);
    });
    await Promise.race([idle, late]);
    clearTimeout(cut);
    this.#uploader.close();
    for (const session of this.#sessions) session.close();
    await idle;
  }

  #observe(packaged: PackagedSession): void {
    const { hub, clock, deletes, recordedOnly } = this.#options;
    const { stream } = packaged;
    const window = hub.session(stream)?.packaging.window ?? hub.options.window;
    const mirror: SessionMirror = new SessionMirror(packaged, {
      uploader: this.#uploader,
      clock,
      window: window / 1000,
      deletes,
      isNewest: () => this.#newest.get(stream) === mirror,
    });
    const stop = packaged.observe({
      segment: (rendition, segment) => {
        if (recordedOnly && packaged.archive === null) {
          stop();
          return;
        }
        this.#sessions.add(mirror);
        this.#newest.set(stream, mirror);
        mirror.segment(rendition, segment);
      },
      end: () =>
        mirror.end(() => {
          this.#sessions.delete(mirror);
          if (this.#newest.get(stream) === mirror) this.#newest.delete(stream);
        }),
    });
  }
}
