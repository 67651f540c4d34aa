import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type EngineFailure, PlaybackEngine } from '../../../src/playback/engine.ts';
import { Player } from '../../../src/playback/player.ts';
import { type SourceStatus, SourceWatch } from '../../../src/playback/source-watch.ts';
import { type ErrorCode, GlasscastError } from '../../../src/protocol/index.ts';
import { FakeTime } from '../../support/fake-time.ts';

/** Until everything that was waiting for a promise has run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Plays nothing and says what it is told to: the player's own decisions are what is tested here. */
class ScriptedEngine extends PlaybackEngine {
  readonly name = 'scripted';
  readonly loaded: string[] = [];
  readonly levels = [];
  readonly playingDate = null;
  readonly aimedLatency = null;
  readonly stalls = 0;
  latency: number | null = 0.5;
  targetLatency: number | null = null;
  selectedLevel = -1;
  destroyed = false;

  attach(): void {}
  seekToLive(): void {}
  load(url: string): void {
    this.loaded.push(url);
  }
  destroy(): void {
    this.destroyed = true;
  }
  fail(code: ErrorCode, kind: EngineFailure['kind'], status: number | null = null): void {
    this.emit('failure', { error: new GlasscastError(code, code), kind, status });
  }
  complete(): void {
    this.emit('complete', undefined);
  }
}

class ScriptedWatch extends SourceWatch {
  rechecks = 0;
  completions = 0;
  closed = false;
  start(): void {}
  recheck(): void {
    this.rechecks++;
  }
  completed(): void {
    this.completions++;
  }
  close(): void {
    this.closed = true;
  }
  say(status: SourceStatus): void {
    this.tell(status);
  }
  complain(code: ErrorCode, final: boolean): void {
    this.report(new GlasscastError(code, code), final);
  }
}

const live = (session: string): SourceStatus => ({ state: 'live', url: `https://a.example/${session}.m3u8`, session });

function playing() {
  const timers = new FakeTime(0);
  const engine = new ScriptedEngine();
  const watch = new ScriptedWatch();
  const video = Object.assign(new EventTarget(), { ended: false, paused: false, readyState: 0 });
  const player = new Player({
    video: video as unknown as HTMLVideoElement,
    engine,
    watch,
    authorize: async (url) => `${url}?token=t`,
    clock: null,
    timers,
    random: () => 0.5,
  });
  const states: string[] = [];
  const errors: string[] = [];
  player.on('state', (state) => states.push(state));
  player.on('error', (error) => errors.push(error.code));
  player.start();
  const show = (): void => {
    video.readyState = 4;
    video.dispatchEvent(new Event('loadeddata'));
  };
  const end = (): void => {
    video.ended = true;
    video.dispatchEvent(new Event('ended'));
  };
  return { timers, engine, watch, player, states, errors, show, end };
}

describe('the player', () => {
  it('waits, loads and plays', async () => {
    const { watch, engine, states, show } = playing();
    watch.say({ state: 'waiting' });
    watch.say(live('a'));
    await settle();
    show();
    assert.deepEqual(engine.loaded, ['https://a.example/a.m3u8?token=t']);
    assert.deepEqual(states, ['waiting', 'loading', 'playing']);
  });

  it('hears what was told while its code was on the way', async () => {
    const watch = new ScriptedWatch();
    watch.say(live('early'));
    const engine = new ScriptedEngine();
    const player = new Player({
      video: new EventTarget() as HTMLVideoElement,
      engine,
      watch,
      authorize: (url) => url,
      clock: null,
      timers: new FakeTime(0),
      random: () => 0.5,
    });
    player.start();
    await settle();
    assert.equal(engine.loaded.length, 1);
    player.close();
  });

  it('does not load the same session twice', async () => {
    const { watch, engine } = playing();
    watch.say(live('a'));
    watch.say(live('a'));
    await settle();
    assert.equal(engine.loaded.length, 1);
  });

  it('loads a new session', async () => {
    const { watch, engine, states, show } = playing();
    watch.say(live('a'));
    await settle();
    show();
    watch.say(live('b'));
    await settle();
    assert.deepEqual(engine.loaded, ['https://a.example/a.m3u8?token=t', 'https://a.example/b.m3u8?token=t']);
    assert.equal(states.at(-1), 'loading');
  });

  it('says that the broadcaster is away, and plays on without loading anew', async () => {
    const { watch, engine, states, show } = playing();
    watch.say(live('a'));
    await settle();
    show();
    watch.say({ ...live('a'), state: 'away' } as SourceStatus);
    watch.say(live('a'));
    await settle();
    assert.deepEqual(states.slice(-2), ['away', 'playing']);
    assert.equal(engine.loaded.length, 1);
  });

  it('shows what is buffered before it says that the broadcast has ended', async () => {
    const { watch, engine, states, show, end } = playing();
    watch.say(live('a'));
    await settle();
    show();
    watch.say({ ...live('a'), state: 'ended' } as SourceStatus);
    assert.equal(states.at(-1), 'playing');
    engine.complete();
    end();
    assert.equal(states.at(-1), 'ended');
  });

  it('says at once that it has ended to whoever comes later', () => {
    const { watch, states } = playing();
    watch.say({ ...live('a'), state: 'ended' } as SourceStatus);
    assert.equal(states.at(-1), 'ended');
  });

  it('takes "not found" for "not yet": it looks again, without an error', async () => {
    const { watch, engine, timers, errors } = playing();
    watch.say(live('a'));
    await settle();
    engine.fail('network', 'source', 404);
    await timers.advance(0);
    assert.equal(watch.rechecks, 1);
    assert.deepEqual(errors, []);
  });

  it('asks in growing pauses for a playlist that is announced and not there', async () => {
    const { watch, engine, timers } = playing();
    for (const pause of [0, 600, 900, 1350]) {
      watch.say(live('a'));
      await settle();
      engine.fail('network', 'source', 404);
      const before = watch.rechecks;
      await timers.advance(pause / 2);
      assert.equal(watch.rechecks, pause === 0 ? before + 1 : before);
      await timers.advance(pause / 2);
      assert.equal(watch.rechecks, before + 1);
    }
  });

  it('tells a lost source, and tries again after a pause', async () => {
    const { watch, engine, timers, errors, states } = playing();
    watch.say(live('a'));
    await settle();
    engine.fail('network', 'source', 503);
    assert.equal(watch.rechecks, 0);
    await timers.advance(600);
    assert.equal(watch.rechecks, 1);
    assert.deepEqual(errors, ['network']);
    watch.say(live('a'));
    await settle();
    assert.equal(engine.loaded.length, 2);
    assert.notEqual(states.at(-1), 'failed');
  });

  it('asks for another token once when one is refused, then fails', async () => {
    const { watch, engine, timers, states, errors } = playing();
    watch.say(live('a'));
    await settle();
    engine.fail('unauthorized', 'source', 401);
    await timers.advance(600);
    watch.say(live('a'));
    await settle();
    assert.equal(engine.loaded.length, 2);
    engine.fail('unauthorized', 'source', 401);
    assert.equal(states.at(-1), 'failed');
    assert.equal(errors.at(-1), 'unauthorized');
  });

  it('fails at once where the browser cannot decode', async () => {
    const { watch, engine, states } = playing();
    watch.say(live('a'));
    await settle();
    engine.fail('codec-unsupported', 'media');
    assert.equal(states.at(-1), 'failed');
  });

  it('fails on what waiting cannot change, and stays so', async () => {
    const { watch, engine, states } = playing();
    watch.complain('unauthorized', true);
    watch.say(live('a'));
    await settle();
    assert.equal(states.at(-1), 'failed');
    assert.equal(engine.loaded.length, 0);
  });

  it('tells of a passing problem without stopping', async () => {
    const { watch, engine, errors } = playing();
    watch.complain('network', false);
    watch.say(live('a'));
    await settle();
    assert.deepEqual(errors, ['network']);
    assert.equal(engine.loaded.length, 1);
  });

  it('looks for the next run once the playlist is complete', async () => {
    const { watch, engine, show } = playing();
    watch.say(live('a'));
    await settle();
    show();
    engine.complete();
    assert.equal(watch.completions, 1);
  });

  it('tells the latency once a second while it plays', async () => {
    const { player, watch, timers, show } = playing();
    const latencies: number[] = [];
    player.on('latency', (seconds) => latencies.push(seconds));
    watch.say(live('a'));
    await settle();
    await timers.advance(2_000);
    assert.deepEqual(latencies, []);
    show();
    await timers.advance(3_000);
    assert.deepEqual(latencies, [0.5, 0.5, 0.5]);
  });

  it('leaves no timer, watch or engine behind', async () => {
    const { player, watch, engine, timers, states } = playing();
    watch.say(live('a'));
    await settle();
    engine.fail('network', 'source', 503);
    player.close();
    assert.equal(timers.waiting, 0);
    assert.equal(watch.closed, true);
    assert.equal(engine.destroyed, true);
    assert.equal(states.at(-1), 'idle');
  });
});
