import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PlaylistWatch } from '../../../src/playback/playlist-watch.ts';
import { FakeTime } from '../../support/fake-time.ts';

/** Until everything that was waiting for a promise has run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const URL = 'https://a.example/live/x/index.m3u8';

/** A watch whose server answers as `answer` says at that moment. */
function watching(): {
  watch: PlaylistWatch;
  timers: FakeTime;
  server: { answer: () => Response; asked: string[] };
  told: string[];
} {
  const timers = new FakeTime(0);
  const server = { answer: () => new Response('', { status: 404 }), asked: [] as string[] };
  const fetchPlaylist: typeof fetch = async (input) => {
    server.asked.push(String(input));
    return server.answer();
  };
  const watch = new PlaylistWatch({ url: URL, authorize: (url) => `${url}?token=t`, fetch: fetchPlaylist, timers, random: () => 0.5 });
  const told: string[] = [];
  watch.on('status', (status) => told.push(status.state === 'waiting' ? 'waiting' : `${status.state} ${status.session}`));
  watch.on('problem', ({ error, final }) => told.push(`${error.code}${final ? ' final' : ''}`));
  return { watch, timers, server, told };
}

describe('the watch of a playlist', () => {
  it('announces it without looking, which saves a round trip', () => {
    const { watch, server, told } = watching();
    watch.start();
    assert.deepEqual(told, ['live 1']);
    assert.deepEqual(server.asked, []);
  });

  it('waits for a playlist that is not there, asking ever less often', async () => {
    const { watch, timers, server, told } = watching();
    watch.start();
    watch.recheck();
    await settle();
    assert.deepEqual(told, ['live 1', 'waiting']);
    await timers.advance(1_000);
    assert.equal(server.asked.length, 2);
    await timers.advance(1_400);
    assert.equal(server.asked.length, 2);
    await timers.advance(100);
    assert.equal(server.asked.length, 3);
  });

  it('announces it when it appears', async () => {
    const { watch, timers, server, told } = watching();
    watch.start();
    watch.recheck();
    await settle();
    server.answer = () => new Response('#EXTM3U');
    await timers.advance(1_000);
    assert.deepEqual(told, ['live 1', 'waiting', 'live 2']);
    assert.equal(timers.waiting, 0);
  });

  it('asks with the token', async () => {
    const { watch, server } = watching();
    watch.recheck();
    await settle();
    assert.deepEqual(server.asked, [`${URL}?token=t`]);
  });

  it('gives up where a token is missing', async () => {
    const { watch, timers, server, told } = watching();
    server.answer = () => new Response('', { status: 401 });
    watch.recheck();
    await settle();
    assert.deepEqual(told, ['unauthorized final']);
    assert.equal(timers.waiting, 0);
  });

  it('goes on where the server is down, and says so', async () => {
    const { watch, timers, server, told } = watching();
    server.answer = () => {
      throw new TypeError('Failed to fetch');
    };
    watch.recheck();
    await settle();
    assert.deepEqual(told, ['network']);
    assert.equal(timers.waiting, 1);
  });

  it('announces a new run when the playlist of a finished one changes', async () => {
    const { watch, timers, server, told } = watching();
    server.answer = () => new Response('#EXTM3U\nfirst');
    watch.start();
    watch.completed();
    await settle();
    await timers.advance(20_000);
    assert.deepEqual(told, ['live 1']);
    server.answer = () => new Response('#EXTM3U\nsecond');
    await timers.advance(10_000);
    assert.deepEqual(told, ['live 1', 'live 2']);
  });

  it('ends its requests and timers when closed', async () => {
    const { watch, timers, server } = watching();
    watch.recheck();
    await settle();
    watch.close();
    await timers.advance(60_000);
    assert.equal(server.asked.length, 1);
    assert.equal(timers.waiting, 0);
  });
});
