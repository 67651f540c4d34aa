import type { Bytes, Milliseconds } from '../protocol/units.ts';
import type { LayerEncoder } from './layer-encoder.ts';
import type { PlannedLayer } from './layer-plan.ts';
import type { LayerReport } from './publisher-options.ts';

interface Reading {
  readonly encoder: LayerEncoder;
  readonly at: Milliseconds;
  readonly frames: number;
  readonly bytes: Bytes;
}

/** What the layers gave since it was last asked. */
export class LayerMeter {
  readonly #readings = new Map<number, Reading>();
  #encoded = 0;
  #dropped = 0;

  /** Share of the frames that came while an encoder was busy, 0 to 1; from the counts since the start. */
  busy(encoded: number, dropped: number): number {
    const came = encoded + dropped - this.#encoded - this.#dropped;
    const share = came === 0 ? 0 : (dropped - this.#dropped) / came;
    this.#encoded = encoded;
    this.#dropped = dropped;
    return share;
  }

  /** Best layer first, those that rest among them. */
  report(now: Milliseconds, plan: readonly PlannedLayer[], encoders: readonly LayerEncoder[]): LayerReport[] {
    return plan
      .map(({ layer, width, height }): LayerReport => {
        const encoder = encoders.find(({ plan: { layer: encoded } }) => encoded === layer);
        if (encoder === undefined) return { width, height, bitrate: 0, targetBitrate: 0, frameRate: 0, active: false };
        const { frames, bytes } = encoder.output;
        const size = { width: encoder.plan.width, height: encoder.plan.height };
        const last = this.#readings.get(layer);
        this.#readings.set(layer, { encoder, at: now, frames, bytes });
        const targetBitrate = encoder.bitrate;
        if (last?.encoder !== encoder || now <= last.at) return { ...size, bitrate: 0, targetBitrate, frameRate: 0, active: true };
        const seconds = (now - last.at) / 1_000;
        const bitrate = Math.round(((bytes - last.bytes) * 8) / seconds);
        return { ...size, bitrate, targetBitrate, frameRate: (frames - last.frames) / seconds, active: true };
      })
      .reverse();
  }
}
