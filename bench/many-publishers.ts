/** Broadcasts of one clip in real time, so many at once, until it is stopped: `node many-publishers.ts <server> <count>`. Says `live` once all are. */
import { setTimeout as passes } from 'node:timers/promises';
import { trackDescriptions } from '../test/support/clip-player.ts';
import { encodeClip } from '../test/support/encoded-clip.ts';
import { Publisher } from '../test/support/publisher.ts';

const [server = '', count = '1'] = process.argv.slice(2);
const clip = await encodeClip({ width: 1280, height: 720, frameRate: 30, bitrate: 2_000_000, duration: 10, audio: 'opus' });
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
const broadcasts: Promise<void>[] = [];
for (let index = 0; index < Number(count); index++) {
  const publisher = await Publisher.connect({ server, stream: `bench-${index}`, tracks: trackDescriptions(clip) });
  if (publisher.joinReply.status !== 'ok') throw new Error(`the server refused: ${JSON.stringify(publisher.joinReply.response)}`);
  broadcasts.push(publisher.play(clip, { signal: stop.signal }).then(() => publisher.drop()));
  // As people do, not all in the same millisecond: key frames and segments spread over two seconds.
  await passes(2000 / Number(count));
}
for (let index = 0; index < Number(count); index++) {
  while (!(await fetch(`${server}/live/bench-${index}/index.m3u8`)).ok) await passes(100);
}
console.log('live');
await Promise.all(broadcasts);
