/** A day of pictures in a minute: many senders at once, a detector whose threads keep dying, and what memory is left of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameSender } from '../../bench/frame-sender.ts';
import { systemClock } from '../../server-reference/src/clock.ts';
import { DetectionPool } from '../../server-reference/src/vision/detection-pool.ts';
import { loadFaceApi } from '../../server-reference/src/vision/face-api.ts';
import createDetector from '../../server-reference/src/vision/face-api-detector.ts';
import { withoutPortrait } from '../support/face-model.ts';
import { readLog } from '../support/log-lines.ts';
import { portrait, rawPicture, testCard } from '../support/pictures.ts';
import { startTestServer } from '../support/server.ts';
import { STEERED_DETECTOR, SteeredPicture } from '../support/steered-detector.ts';
import { assertServes } from '../support/wire.ts';

test('a hundred senders at once, three pictures each: every newest is answered, and the server serves on', {
  skip: withoutPortrait(),
}, async () => {
  await using server = await startTestServer();
  const picture = await portrait(244).webp().toBuffer();
  const senders = await Promise.all(Array.from({ length: 100 }, (_, index) => FrameSender.open(server.url, `sender-${index}`)));
  const answers = await Promise.all(senders.map((sender) => Promise.all([1, 2, 3].map(() => sender.send(picture)))));
  for (const each of answers) {
    assert.equal(each[2]?.outcome, 'ok');
    assert.equal(each[2]?.reply?.faces.length, 1);
    for (const { outcome } of each) assert.match(outcome, /^(?:ok|skipped)$/);
  }
  for (const sender of senders) sender.close();
  await assertServes(server);
});

test('of 150 new senders with room for 100 the rest are refused at once, and nobody is forgotten', {
  skip: withoutPortrait(),
}, async () => {
  await using server = await startTestServer({ maxDetections: 100, detectorThreads: 1 });
  const picture = await portrait(244).webp().toBuffer();
  const senders = await Promise.all(Array.from({ length: 150 }, (_, index) => FrameSender.open(server.url, `sender-${index}`)));
  const answers = await Promise.all(senders.map((sender) => sender.send(picture)));
  const count = (outcome: string): number => answers.filter((answer) => answer.outcome === outcome).length;
  assert.equal(count('ok') + count('limit'), 150);
  assert.ok(count('ok') >= 100, `${count('ok')} answered`);
  assert.ok(count('limit') > 0);
  for (const sender of senders) sender.close();
});

test('300 pictures leave no tensor behind', { skip: withoutPortrait() }, async () => {
  const detector = await createDetector();
  const { tf } = await loadFaceApi();
  const pictures = [await rawPicture(portrait(244)), testCard(244, 183), await rawPicture(portrait(128)), await rawPicture(portrait(512))];
  for (const picture of pictures) await detector.detect(picture);
  const before = tf.memory();
  for (let at = 0; at < 300; at++) for (const picture of pictures.slice(at % 4, (at % 4) + 1)) await detector.detect(picture);
  const after = tf.memory();
  assert.deepEqual([after.numTensors, after.numBytes], [before.numTensors, before.numBytes]);
});

test('forty threads that die in a row are forty lines in the log, and the pool looks on', async (t) => {
  const { log, lines } = readLog();
  const pool = new DetectionPool({ detector: STEERED_DETECTOR, maxThreads: 2, maxWaiting: 128, clock: systemClock, log });
  t.after(() => pool.close());
  const deeds = ['exit', 'throw later', 'throw', 'answer'] as const;
  const outcomes = await Promise.allSettled(
    Array.from({ length: 80 }, (_, at) => pool.detect(new SteeredPicture(deeds[at % deeds.length], true).picture, undefined, at)),
  );
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 20);
  assert.equal(lines.filter(({ msg }) => /thread of the detector ended/.test(msg)).length, 40);
  assert.deepEqual([pool.waiting, pool.threads <= 2], [0, true]);
  assert.equal((await pool.detect(new SteeredPicture('answer', true).picture)).faces.length, 1);
});
