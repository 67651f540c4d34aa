/** Tells whoever watches a stream how it stands, each state once, and how many watch with them. */
import type { Viewer } from '../hub/audience.ts';
import type { Hub } from '../hub/hub.ts';
import type { StreamStatus } from '../hub/live-stream.ts';
import type { ChannelPort } from '../socket/channel.ts';

export class StatusTeller implements Viewer<StreamStatus> {
  readonly counts: boolean;
  readonly #hub: Hub;
  readonly #port: ChannelPort;
  readonly #describe: (status: StreamStatus) => Record<string, unknown>;
  #told: string;
  #stop: (() => void) | null = null;

  /**
   * What the reply to the join says counts as told.
   *
   * @param counts whether this one is among those who are counted
   */
  constructor(hub: Hub, port: ChannelPort, describe: (status: StreamStatus) => Record<string, unknown>, counts = true) {
    this.counts = counts;
    this.#hub = hub;
    this.#port = port;
    this.#describe = describe;
    this.#told = JSON.stringify(describe(hub.status(port.name)));
  }

  begin(): void {
    const { name } = this.#port;
    this.#stop = this.#hub.watch(name, this);
    // What happened between the reply and now.
    this.changed(this.#hub.status(name));
  }

  end(): void {
    this.#stop?.();
    this.#stop = null;
  }

  changed(status: StreamStatus): void {
    const state = this.#describe(status);
    const text = JSON.stringify(state);
    if (text === this.#told) return;
    this.#told = text;
    this.#port.push('state', state);
  }

  counted(viewers: number): void {
    this.#port.push('viewers', { count: viewers });
  }
}
