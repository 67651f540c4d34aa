/** `stream:<name>` (docs/protocol.md): a broadcaster. Frames come in as `chunk`, the server asks for key frames and lower bit rates. */
import { LIMITS } from '../../../src/protocol/index.ts';
import { type BroadcastingOptions, beginBroadcasting } from '../broadcasting/begin-broadcasting.ts';
import type { ChannelFamily, JoinOutcome } from '../socket/channel.ts';

export function streamFamily(options: BroadcastingOptions): ChannelFamily {
  return {
    family: 'stream',
    maxTextBytes: LIMITS.signalingFrameBytes,
    join(params, port): JoinOutcome {
      const beginning = beginBroadcasting(params, port, options);
      if (!beginning.ok) return beginning;
      const { broadcasting, response } = beginning;
      const channel = {
        handle: broadcasting.handle.bind(broadcasting),
        renewed: () => broadcasting.renewed(),
        left: () => broadcasting.dropped(),
      };
      return { ok: true, response, channel };
    },
  };
}
