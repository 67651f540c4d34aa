import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS } from '../../src/protocol/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { enter, meta, payloadOf } from '../support/raw-room.ts';
import { startTestServer } from '../support/server.ts';

const OFFER = { n: 1, sdp: { type: 'offer', sdp: 'v=0\r\n' } };

describe('a peer whose socket drops', () => {
  test('is away at once, and says bye after 30 seconds', async () => {
    const clock = new FakeClock();
    await using server = await startTestServer({}, { clock });
    const [ana, ben] = [await enter(server, 'drop'), await enter(server, 'drop')];
    await ana.socket.event('new');
    await ben.socket.close();
    assert.equal(meta(payloadOf(await ana.socket.event('presence_diff'))['joins'], ben.id)?.['away'], true);
    clock.advance(LIMITS.resumeMs - 1);
    await ana.socket.assertSilent();
    clock.advance(1);
    assert.deepEqual(payloadOf(await ana.socket.event('bye')), { from: ben.id });
    await ana.socket.close();
  });

  test('comes back as itself, with a new secret, and nobody is told that it is new', async () => {
    await using server = await startTestServer();
    const [ana, ben] = [await enter(server, 'back', { name: 'Ana' }), await enter(server, 'back', { name: 'Ben' })];
    await ana.socket.event('new');
    await ben.socket.close();
    await ana.socket.event('presence_diff');
    const again = await enter(server, 'back', { name: 'Ben', resume: ben.resume });
    assert.equal(again.id, ben.id);
    assert.notEqual(again.resume, ben.resume);
    assert.equal((again.reply['me'] as { name: string }).name, 'Ben');
    assert.equal(meta(payloadOf(await ana.socket.event('presence_diff'))['joins'], ben.id)?.['away'], false);
    await ana.socket.assertSilent();
    for (const { socket } of [ana, again]) await socket.close();
  });

  test('finds what was sent to it while it was away', async () => {
    await using server = await startTestServer();
    const [ana, ben] = [await enter(server, 'mail'), await enter(server, 'mail')];
    await ana.socket.event('new');
    await ben.socket.close();
    await ana.socket.event('presence_diff');
    ana.socket.send(['1', '2', 'room:mail', 'offer', { ...OFFER, to: ben.id }]);
    assert.equal((await ana.socket.reply('2')).status, 'ok');
    const again = await enter(server, 'mail', { resume: ben.resume });
    assert.deepEqual(payloadOf(await again.socket.event('offer')), { ...OFFER, to: ben.id, from: ana.id });
    for (const { socket } of [ana, again]) await socket.close();
  });

  test('that resumes while its older socket is still there closes the older without a bye', async () => {
    await using server = await startTestServer();
    const [ana, ben] = [await enter(server, 'older'), await enter(server, 'older')];
    await ana.socket.event('new');
    const again = await enter(server, 'older', { resume: ben.resume });
    assert.equal(again.id, ben.id);
    await ben.socket.event('phx_close');
    await ben.socket.close();
    await ana.socket.event('presence_diff');
    await ana.socket.assertSilent();
    for (const { socket } of [ana, again]) await socket.close();
  });

  test('has a secret that is good once', async () => {
    await using server = await startTestServer();
    const ana = await enter(server, 'once');
    const second = await enter(server, 'once', { resume: ana.resume });
    const third = await enter(server, 'once', { resume: ana.resume });
    assert.equal(second.id, ana.id);
    assert.notEqual(third.id, ana.id);
    for (const { socket } of [ana, second, third]) await socket.close();
  });

  test('cannot come back after its 30 seconds', async () => {
    const clock = new FakeClock();
    await using server = await startTestServer({}, { clock });
    const [ana, ben] = [await enter(server, 'late'), await enter(server, 'late')];
    await ana.socket.event('new');
    await ben.socket.close();
    await ana.socket.event('presence_diff');
    clock.advance(LIMITS.resumeMs);
    const again = await enter(server, 'late', { resume: ben.resume });
    assert.notEqual(again.id, ben.id);
    for (const { socket } of [ana, again]) await socket.close();
  });
});
