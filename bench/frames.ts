/**
 * Pictures sent to be looked at: what one takes, how many the cores look at, how twenty senders at two a second fare, and the server's memory; beside
 * the floor, which is libvips decoding the same picture and nothing else.
 */
import { availableParallelism } from 'node:os';
import { setTimeout as passes } from 'node:timers/promises';
import sharp from 'sharp';
import { facePortrait } from '../test/support/face-model.ts';
import { encode, portrait, testCard } from '../test/support/pictures.ts';
import { median, percentile, printTable } from './figures.ts';
import { type Answer, FrameSender } from './frame-sender.ts';
import { ChildServer } from './server-process.ts';

/** As `rtc-frames` sends them. */
const WIDTH = 244;
const SENDERS = 20;
const INTERVAL_MS = 500;
const CORES = availableParallelism();
/** Enough to keep each thread busy while answers are on their way. */
const LANES = CORES * 3;
const FRAMES = [1_000, 10_000];
/** Below this many seconds the bench is a look, and 10,000 frames take minutes. */
const LONG_RUN_SECONDS = 30;

const ms = (value: number): string => (Number.isNaN(value) ? '–' : value.toFixed(1));
const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
const spread = (values: readonly number[]): string => `${ms(median(values))}/${ms(percentile(values, 0.99))}`;

/** Does `work` again and again in so many lanes for so long; the milliseconds of each. */
async function closedLoop(lanes: number, seconds: number, work: (lane: number) => Promise<unknown>): Promise<number[]> {
  const took: number[] = [];
  const end = performance.now() + seconds * 1000;
  const run = async (lane: number): Promise<void> => {
    while (performance.now() < end) {
      const since = performance.now();
      await work(lane);
      took.push(performance.now() - since);
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, lane) => run(lane)));
  return took;
}

const decode = (picture: Uint8Array): Promise<Buffer> => sharp(picture).raw().toBuffer();

async function withSenders<T>(server: ChildServer, count: number, use: (senders: readonly FrameSender[]) => Promise<T>): Promise<T> {
  const senders = await Promise.all(Array.from({ length: count }, (_, index) => FrameSender.open(server.url, `sender-${index}`)));
  try {
    return await use(senders);
  } finally {
    for (const sender of senders) sender.close();
  }
}

async function measureOne(server: ChildServer, picture: Uint8Array, seconds: number): Promise<void> {
  const answers: Answer[] = [];
  await withSenders(server, 1, async ([sender]) => closedLoop(1, seconds, async () => void answers.push(await answerOf(sender, picture))));
  const floor = await closedLoop(1, seconds / 4, () => decode(picture));
  printTable([
    ['one picture at a time', 'p50/p99 ms', 'a second'],
    ['round trip', spread(answers.map(({ took }) => took)), (answers.length / seconds).toFixed(0)],
    ['of it decoding and detection', spread(answers.flatMap(({ reply }) => (reply === null ? [] : [reply.ms]))), ''],
    ['floor: decoding alone', spread(floor), ((floor.length / seconds) * 4).toFixed(0)],
  ]);
}

async function answerOf(sender: FrameSender | undefined, picture: Uint8Array): Promise<Answer> {
  const answer = await sender?.send(picture);
  if (answer?.outcome !== 'ok') throw new Error(`A picture was refused: ${answer?.outcome}`);
  return answer;
}

async function measureMany(server: ChildServer, picture: Uint8Array, seconds: number): Promise<void> {
  const [cpu, since] = [server.cpuSeconds, performance.now()];
  const ours = await withSenders(server, LANES, (senders) => closedLoop(LANES, seconds, (lane) => answerOf(senders[lane], picture)));
  const used = server.cpuSeconds - cpu;
  const share = (used / (performance.now() - since)) * 1e5;
  const floor = await closedLoop(LANES, seconds / 4, () => decode(picture));
  printTable([
    [`${LANES} senders, each the next at once, ${CORES} cores`, 'frames a second', 'CPU', 'CPU ms a frame'],
    ['ours', (ours.length / seconds).toFixed(0), `${share.toFixed(0)} %`, ms((used * 1000) / ours.length)],
    ['floor: decoding alone', ((floor.length / seconds) * 4).toFixed(0), '', ''],
  ]);
}

async function measureCrowd(server: ChildServer, picture: Uint8Array, seconds: number): Promise<void> {
  const answers: Answer[] = [];
  const cpu = server.cpuSeconds;
  await withSenders(server, SENDERS, async (senders) => {
    const turns = Math.floor((seconds * 1000) / INTERVAL_MS);
    const runs = senders.map(async (sender, index) => {
      await passes((index * INTERVAL_MS) / SENDERS);
      const pending: Promise<unknown>[] = [];
      for (let turn = 0; turn < turns; turn++) {
        pending.push(sender.send(picture).then((answer) => answers.push(answer)));
        await passes(INTERVAL_MS);
      }
      await Promise.all(pending);
    });
    await Promise.all(runs);
  });
  const taken = answers.filter(({ outcome }) => outcome === 'ok').map(({ took }) => took);
  printTable([
    [`${SENDERS} senders, ${1000 / INTERVAL_MS} pictures a second each`, 'p50 ms', 'p99 ms', 'worst ms', 'answered', 'skipped', 'CPU'],
    [
      'ours',
      ms(median(taken)),
      ms(percentile(taken, 0.99)),
      ms(Math.max(...taken)),
      `${taken.length} of ${answers.length}`,
      String(answers.filter(({ outcome }) => outcome === 'skipped').length),
      `${(((server.cpuSeconds - cpu) / seconds) * 100).toFixed(0)} %`,
    ],
  ]);
}

async function measureMemory(picture: Uint8Array, seconds: number): Promise<void> {
  const server = await ChildServer.glasscast();
  try {
    const rows = [
      ['memory of the server', 'RSS'],
      ['before any picture', mb(server.residentBytes)],
    ];
    await withSenders(server, LANES, async (senders) => {
      let sent = 0;
      const until = async (count: number): Promise<void> => {
        await Promise.all(
          senders.map(async (sender) => {
            while (sent < count) {
              sent++;
              await answerOf(sender, picture);
            }
          }),
        );
        rows.push([`after ${count.toLocaleString('en')} frames`, mb(server.residentBytes)]);
      };
      await until(LANES);
      for (const count of FRAMES) if (count <= 1_000 || seconds >= LONG_RUN_SECONDS) await until(count);
    });
    printTable(rows);
  } finally {
    await server.stop();
  }
}

export async function benchFrames(seconds: number): Promise<void> {
  const known = facePortrait() !== undefined;
  const picture = known ? await portrait(WIDTH).webp().toBuffer() : await encode(testCard(WIDTH, WIDTH)).webp().toBuffer();
  console.log(
    `\nFrames: ${known ? 'the portrait' : 'a test card, without a face'}, ${WIDTH} pixels wide, ${picture.length} bytes of WebP\n`,
  );
  const server = await ChildServer.glasscast();
  try {
    // Threads start and code is compiled.
    await withSenders(server, LANES, (senders) => closedLoop(LANES, 2, (lane) => answerOf(senders[lane], picture)));
    for (const measure of [measureOne, measureMany, measureCrowd]) {
      await measure(server, picture, seconds);
      console.log('');
    }
  } finally {
    await server.stop();
  }
  await measureMemory(picture, seconds);
}
