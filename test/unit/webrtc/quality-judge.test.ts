import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LinkReading } from '../../../src/webrtc/link-quality.ts';
import { type Circumstances, QualityJudge } from '../../../src/webrtc/quality-judge.ts';
import { receivedLoss, sentLoss, WELL } from '../../support/link-readings.ts';

const ALONE: Circumstances = { receivesWell: false, sendsWell: false, constrained: false, sparesProcessor: false };

const settled = (reading: LinkReading, circumstances: Partial<Circumstances> = {}): string => {
  const judge = new QualityJudge();
  for (let i = 0; i < 5; i++) judge.judge(reading, { ...ALONE, ...circumstances });
  return `${judge.quality.level} ${judge.quality.cause}`;
};

describe('a judge of quality', () => {
  const verdicts: readonly (readonly [fact: string, reading: LinkReading, circumstances: Partial<Circumstances>, verdict: string])[] = [
    ['a clean link is good', WELL, {}, 'good none'],
    ['some loss of what is sent is fair, for the uplink', sentLoss(0.04), {}, 'fair uplink'],
    ['much loss of what is sent is poor', sentLoss(0.1), {}, 'poor uplink'],
    ['what only one of several loses is the peer’s', sentLoss(0.1), { sendsWell: true }, 'poor peer'],
    ['loss of what is received is the downlink’s', receivedLoss(0.1), {}, 'poor downlink'],
    ['or the peer’s, when the others are received well', receivedLoss(0.1), { receivesWell: true }, 'poor peer'],
    ['late packets are fair', { ...WELL, received: { ...WELL.received, jitter: 80 } }, {}, 'fair downlink'],
    ['pictures that stand still are poor', { ...WELL, freezes: 2 }, {}, 'poor downlink'],
    ['a busy processor is named', { ...WELL, limitation: 'cpu' }, {}, 'fair cpu'],
    ['and while it is spared', WELL, { sparesProcessor: true }, 'fair cpu'],
    ['and is poor when hardly a picture gets out', { ...WELL, limitation: 'cpu', sent: slideshow() }, {}, 'poor cpu'],
    ['a link kept low is fair', WELL, { constrained: true }, 'fair uplink'],
    ['the worst of two counts', { ...sentLoss(0.04), received: receivedLoss(0.1).received }, {}, 'poor downlink'],
    ['a long way is fair, for no fault', { ...WELL, roundTrip: 500 }, {}, 'fair none'],
  ];
  for (const [fact, reading, circumstances, verdict] of verdicts) {
    test(fact, () => assert.equal(settled(reading, circumstances), verdict));
  }

  test('knows nothing before there are figures', () => {
    const nothing = { bitrate: null, loss: null, jitter: null, video: null };
    assert.equal(settled({ ...WELL, sent: nothing, received: nothing }), 'unknown none');
  });

  test('does not change its mind about what passes', () => {
    const judge = new QualityJudge();
    const good = judge.judge(WELL, ALONE);
    for (let i = 0; i < 20; i++) assert.equal(judge.judge(i % 2 === 0 ? receivedLoss(0.2) : WELL, ALONE), good);
  });

  test('says sooner that it has become worse than that it is better', () => {
    const judge = new QualityJudge();
    judge.judge(WELL, ALONE);
    const levels = [0.2, 0.2, 0, 0, 0].map((loss) => judge.judge(receivedLoss(loss), ALONE).level);
    assert.deepEqual(levels, ['good', 'poor', 'poor', 'poor', 'good']);
  });

  test('forgets with the connection', () => {
    const judge = new QualityJudge();
    judge.judge(WELL, ALONE);
    assert.equal(judge.forget().level, 'unknown');
    assert.equal(judge.judge(receivedLoss(0.2), ALONE).level, 'poor');
  });
});

function slideshow(): LinkReading['sent'] {
  return { ...WELL.sent, video: { width: 320, height: 180, frameRate: 4, codec: 'VP8' } };
}
