/** Simulated broadcasts under a fake clock, recorded into a folder of their own by the real recorder. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hub } from '../../server-reference/src/hub/hub.ts';
import { LiveOrigin } from '../../server-reference/src/origin/live-origin.ts';
import { type Disk, nodeDisk } from '../../server-reference/src/recording/disk.ts';
import { recordSessions } from '../../server-reference/src/recording/recorder.ts';
import { Recordings, type RecordingsOptions } from '../../server-reference/src/recording/recordings.ts';
import { createLog } from '../../server-reference/src/telemetry/log.ts';
import { FakeClock } from './fake-clock.ts';
import { type BroadcastOptions, SimulatedBroadcast, testHub } from './simulated-broadcast.ts';

export interface RecordedOriginOptions extends Partial<RecordingsOptions> {
  readonly disk?: Disk;
}

export class RecordedOrigin implements AsyncDisposable {
  readonly clock: FakeClock;
  readonly hub: Hub;
  readonly origin: LiveOrigin;
  readonly recordings: Recordings;
  readonly directory: string;
  readonly #own: boolean;

  private constructor(directory: string, own: boolean, clock: FakeClock, options: RecordedOriginOptions) {
    this.directory = directory;
    this.#own = own;
    this.clock = clock;
    this.hub = testHub(clock);
    this.origin = new LiveOrigin(this.hub);
    const defaults = { disk: nodeDisk, clock, log: createLog({ level: 'silent' }), maxAge: null, maxSize: null, minFree: 0 };
    this.recordings = new Recordings({ ...defaults, directory, ...options });
    recordSessions({ hub: this.hub, origin: this.origin, recordings: this.recordings });
  }

  /** In the folder that the options name, which is left as it is, or in one that goes with it. */
  static async start(options: RecordedOriginOptions = {}, clock = new FakeClock()): Promise<RecordedOrigin> {
    const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'glasscast-recordings-')));
    const started = new RecordedOrigin(directory, options.directory === undefined, clock, options);
    await started.recordings.open();
    return started;
  }

  broadcast(options: BroadcastOptions = {}): SimulatedBroadcast {
    return new SimulatedBroadcast(this.hub, this.clock, { record: true, ...options });
  }

  /** Broadcasts for so many seconds, in pieces after each of which all is on the disk. */
  async run(broadcast: SimulatedBroadcast, seconds: number, options?: Parameters<SimulatedBroadcast['run']>[1]): Promise<void> {
    for (let left = seconds; left > 0; left--) {
      broadcast.run(Math.min(left, 1), options);
      await this.origin.current(broadcast.publication.session?.stream ?? '')?.archive?.written();
    }
  }

  /** Ends a broadcast and waits until its recording is closed. Returns the session's id. */
  async end(broadcast: SimulatedBroadcast): Promise<string> {
    const { sessionId } = broadcast.publication;
    broadcast.publication.end();
    await this.recordings.settled();
    return sessionId;
  }

  /** The folder of a session of `demo`. */
  folder(session: string): string {
    return join(this.directory, 'demo', session);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hub.close();
    this.origin.close();
    await this.recordings.close();
    if (this.#own) await rm(this.directory, { recursive: true, force: true });
  }
}
