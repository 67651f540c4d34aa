import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CandidateQueue, ufragsOf } from '../../../src/webrtc/candidate-queue.ts';

const sdp = (...ufrags: string[]): string => `v=0\r\n${ufrags.map((ufrag) => `m=audio 9 RTP\r\na=ice-ufrag:${ufrag}\r\n`).join('')}`;
const candidate = (name: string, ufrag?: string) => ({ candidate: `candidate:${name}`, usernameFragment: ufrag });

describe('the candidate queue', () => {
  test('keeps a candidate that comes before the description, and gives it with the description', () => {
    const queue = new CandidateQueue();
    assert.equal(queue.add(candidate('early', 'abcd'), 1), false);
    assert.deepEqual(queue.describe(sdp('abcd'), 1), [candidate('early', 'abcd')]);
    assert.equal(queue.waiting, 0);
  });

  test('lets a candidate of the described generation through', () => {
    const queue = new CandidateQueue();
    queue.describe(sdp('abcd'), 1);
    assert.equal(queue.add(candidate('later', 'abcd'), 1), true);
  });

  test('holds a candidate of a foreign ufrag back until its own description comes', () => {
    const queue = new CandidateQueue();
    queue.describe(sdp('old'), 1);
    assert.equal(queue.add(candidate('restart', 'new'), 2), false);
    assert.deepEqual(queue.describe(sdp('new'), 2), [candidate('restart', 'new')]);
  });

  test('does not take a foreign ufrag for its own because the number matches', () => {
    const queue = new CandidateQueue();
    queue.describe(sdp('abcd'), 1);
    assert.equal(queue.add(candidate('foreign', 'wxyz'), 1), false);
    assert.deepEqual(queue.describe(sdp('abcd'), 1), []);
  });

  test('drops a candidate of an earlier negotiation', () => {
    const queue = new CandidateQueue();
    queue.describe(sdp('new'), 3);
    assert.equal(queue.add(candidate('old', 'old'), 2), false);
    assert.equal(queue.waiting, 0);
  });

  test('forgets candidates of an offer that never came once a later one has', () => {
    const queue = new CandidateQueue();
    queue.add(candidate('lost', 'lost'), 1);
    queue.describe(sdp('new'), 2);
    assert.equal(queue.waiting, 0);
  });

  test('reads the ufrag from the candidate line where the browser leaves the field out', () => {
    const queue = new CandidateQueue();
    queue.describe(sdp('abcd'), 1);
    assert.equal(queue.add({ candidate: 'candidate:1 1 udp 1 10.0.0.1 9 typ host ufrag abcd' }, 1), true);
    assert.equal(queue.add({ candidate: 'candidate:1 1 udp 1 10.0.0.1 9 typ host ufrag zzzz' }, 1), false);
  });

  test('goes by the number where nothing names a ufrag', () => {
    const queue = new CandidateQueue();
    queue.describe(sdp('abcd'), 4);
    assert.equal(queue.add({ candidate: 'candidate:1' }, 4), true);
    assert.equal(queue.add({ candidate: 'candidate:1' }, 5), false);
  });

  test('is bounded, whatever a peer sends', () => {
    const queue = new CandidateQueue();
    for (let i = 0; i < 10_000; i++) queue.add(candidate(String(i), 'never'), 9);
    assert.equal(queue.waiting, 256);
  });

  test('knows every ufrag of a description that is not bundled', () => {
    assert.deepEqual(ufragsOf(sdp('one', 'two')), new Set(['one', 'two']));
  });
});
