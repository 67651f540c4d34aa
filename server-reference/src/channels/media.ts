/** `media:<name>` (docs/protocol.md): a stream as CMAF fragments on a socket, one for each picture. */
import * as v from 'valibot';
import { describeIssues, isName, LIMITS, MediaJoinSchema, MediaLayerSchema, type MediaStreamState } from '../../../src/protocol/index.ts';
import { may } from '../auth/principal.ts';
import type { Fanout } from '../fanout/fanout.ts';
import type { MediaViewer } from '../fanout/media-viewer.ts';
import type { Hub } from '../hub/hub.ts';
import type { StreamStatus } from '../hub/live-stream.ts';
import {
  type Body,
  type Channel,
  type ChannelFamily,
  type ChannelPort,
  type JoinOutcome,
  ok,
  type Reply,
  refuse,
} from '../socket/channel.ts';
import { StatusTeller } from './status-teller.ts';

export interface MediaFamilyOptions {
  readonly hub: Hub;
  readonly fanout: Fanout;
}

export function mediaFamily({ hub, fanout }: MediaFamilyOptions): ChannelFamily {
  return {
    family: 'media',
    maxTextBytes: LIMITS.textFrameBytes,
    join(params, port): JoinOutcome {
      const { name: stream } = port;
      const parsed = v.safeParse(MediaJoinSchema, params);
      if (!isName(stream))
        return { ok: false, response: { reason: 'invalid', details: 'A stream is called by 1 to 63 of a-z, 0-9 and -.' } };
      if (!parsed.success) return { ok: false, response: { reason: 'invalid', details: describeIssues(parsed.issues) } };
      if (!may(port.principal, 'watch', { stream })) return { ok: false, response: { reason: 'unauthorized' } };
      if (!port.carriesBinary)
        return { ok: false, response: { reason: 'unsupported', details: 'Media is binary and long polls carry text: watch over HLS.' } };
      const { layer = null, count = true } = parsed.output;
      const response = fanout.describe(stream, layer);
      if (response === null) return { ok: false, response: { reason: 'stream-offline' } };
      if (fanout.full) return { ok: false, response: { reason: 'limit', details: 'Too many watch over sockets: watch over HLS.' } };
      return { ok: true, response, channel: new MediaChannel(fanout, port, layer, new StatusTeller(hub, port, describe, count)) };
    },
  };
}

const describe = ({ state, session }: StreamStatus): MediaStreamState => ({ state, ...(session === null ? {} : { session }) });

class MediaChannel implements Channel {
  readonly #fanout: Fanout;
  readonly #port: ChannelPort;
  readonly #layer: number | null;
  readonly #teller: StatusTeller;
  #viewer: MediaViewer | null = null;

  constructor(fanout: Fanout, port: ChannelPort, layer: number | null, teller: StatusTeller) {
    this.#fanout = fanout;
    this.#port = port;
    this.#layer = layer;
    this.#teller = teller;
  }

  joined(): void {
    this.#viewer = this.#fanout.enter(this.#port.name, this.#port, this.#layer);
    this.#teller.begin();
  }

  handle(event: string, payload: Body): Reply {
    if (event !== 'layer') return refuse('invalid', { details: [{ path: 'event', message: 'whoever watches may say layer' }] });
    const parsed = v.safeParse(MediaLayerSchema, payload);
    if (!parsed.success) return refuse('invalid', { details: describeIssues(parsed.issues) });
    if (this.#viewer?.choose(parsed.output.layer) === true) return ok();
    return refuse('invalid', { details: [{ path: 'layer', message: 'is none of the layers in tracks' }] });
  }

  renewed(): void {
    if (!may(this.#port.principal, 'watch', { stream: this.#port.name })) this.#port.close();
  }

  left(): void {
    this.#teller.end();
    if (this.#viewer !== null) this.#fanout.leave(this.#port.name, this.#viewer);
    this.#viewer = null;
  }
}
