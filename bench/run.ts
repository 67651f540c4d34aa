/**
 * `npm run bench [-- area …] [--seconds N]`: every figure beside a floor or a peer measured in the same run.
 * Areas: start, signaling, cpu, call, join, crowd, leaks, broadcast, encoders, air, hidden, ingest, media, viewers, streams, memory, overlay,
 * frames, faces.
 */
import { benchAir } from './air.ts';
import { benchBroadcast } from './broadcast.ts';
import { benchCall } from './call.ts';
import { benchCpu } from './cpu.ts';
import { benchCrowd } from './crowd.ts';
import { benchEncoders } from './encoders.ts';
import { benchFaces } from './faces.ts';
import { benchFrames } from './frames.ts';
import { benchHidden } from './hidden.ts';
import { benchIngest } from './ingest.ts';
import { benchJoin } from './join.ts';
import { benchLeaks } from './leaks.ts';
import { benchMedia } from './media.ts';
import { benchOverlay } from './overlay.ts';
import { benchSignaling } from './signaling.ts';
import { benchStart } from './start.ts';
import { benchMemory, benchStreams } from './streams.ts';
import { benchViewers } from './viewers.ts';

const AREAS: Record<string, (seconds: number) => Promise<void>> = {
  start: () => benchStart(),
  signaling: () => benchSignaling(),
  cpu: benchCpu,
  call: benchCall,
  join: benchJoin,
  crowd: benchCrowd,
  leaks: benchLeaks,
  broadcast: benchBroadcast,
  encoders: benchEncoders,
  air: benchAir,
  hidden: benchHidden,
  ingest: benchIngest,
  media: benchMedia,
  viewers: benchViewers,
  streams: benchStreams,
  memory: () => benchMemory(),
  frames: benchFrames,
  faces: benchFaces,
  overlay: benchOverlay,
};

const args = process.argv.slice(2);
const at = args.indexOf('--seconds');
const seconds = at === -1 ? 60 : Number(args.splice(at, 2)[1]);
const unknown = args.find((area) => !(area in AREAS));
if (unknown !== undefined || !(seconds >= 3 && seconds <= 3600)) {
  console.error(`Usage: npm run bench [-- ${Object.keys(AREAS).join(' | ')} …] [--seconds 3…3600]`);
  process.exit(2);
}
for (const [area, bench] of Object.entries(AREAS)) if (args.length === 0 || args.includes(area)) await bench(seconds);
