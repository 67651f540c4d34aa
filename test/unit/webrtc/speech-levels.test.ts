import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SELF, type Speech, SpeechLevels } from '../../../src/webrtc/speech-levels.ts';

const STEP = 200;

/** Feeds levels, five a second; `said` is every change in order. */
class Room {
  readonly levels = new SpeechLevels();
  readonly said: Speech[] = [];
  #now = 10_000;

  hear(levels: Readonly<Record<string, number>>, times = 1): this {
    for (let i = 0; i < times; i++) {
      this.#now += STEP;
      const change = this.levels.update(new Map(Object.entries(levels)), this.#now);
      if (change !== null) this.said.push(change);
    }
    return this;
  }

  get speaking(): string[] {
    return [...this.levels.speech.speaking];
  }

  get active(): string | null {
    return this.levels.speech.active;
  }
}

describe('speech levels', () => {
  test('two audible samples are a voice, one is a click', () => {
    const room = new Room().hear({ ada: 0.5 }).hear({ ada: 0 }, 3);
    assert.deepEqual(room.speaking, []);
    assert.deepEqual(room.hear({ ada: 0.1 }, 2).speaking, ['ada']);
  });

  test('a gap between words does not end a turn, 600 ms do', () => {
    const room = new Room().hear({ ada: 0.2 }, 3).hear({ ada: 0 }, 2);
    assert.deepEqual(room.speaking, ['ada']);
    assert.deepEqual(room.hear({ ada: 0 }).speaking, []);
  });

  test('noise of a room is no voice', () => {
    assert.deepEqual(new Room().hear({ ada: 0.012 }, 20).speaking, []);
  });

  test('one’s own voice speaks and is never the active one', () => {
    const room = new Room().hear({ [SELF]: 0.4, ada: 0 }, 3);
    assert.deepEqual(room.speaking, [SELF]);
    assert.equal(room.active, null);
  });

  test('the loudest of several who begin together is active', () => {
    assert.equal(new Room().hear({ ada: 0.05, bob: 0.3, cy: 0.1 }, 3).active, 'bob');
  });

  test('two who speak alike do not take turns on every sample', () => {
    const room = new Room().hear({ ada: 0.2, bob: 0.19 }, 3);
    for (let i = 0; i < 40; i++) room.hear(i % 2 === 0 ? { ada: 0.2, bob: 0.28 } : { ada: 0.28, bob: 0.2 });
    assert.equal(room.said.filter(({ active }, i) => active !== room.said[i - 1]?.active).length, 1);
    assert.equal(room.active, 'ada');
  });

  test('a much louder one takes over, after a while', () => {
    const room = new Room().hear({ ada: 0.1, bob: 0 }, 3).hear({ ada: 0.1, bob: 0.5 }, 3);
    assert.equal(room.active, 'ada');
    assert.equal(room.hear({ ada: 0.1, bob: 0.5 }, 6).active, 'bob');
  });

  test('whoever speaks takes over from one who has stopped, at once', () => {
    const room = new Room().hear({ ada: 0.3, bob: 0 }, 3).hear({ ada: 0, bob: 0 }, 4);
    assert.equal(room.active, 'ada');
    assert.equal(room.hear({ ada: 0, bob: 0.1 }, 2).active, 'bob');
  });

  test('nothing is said while nothing changes', () => {
    const room = new Room().hear({ ada: 0.3, [SELF]: 0.001 }, 50);
    assert.equal(room.said.length, 1);
  });

  test('whoever is muted stops speaking at once', () => {
    const room = new Room().hear({ ada: 0.3, [SELF]: 0.3 }, 5).hear({ ada: 0.3 });
    assert.deepEqual(room.speaking, ['ada']);
  });

  test('whoever has left is not the last who spoke', () => {
    const room = new Room().hear({ ada: 0.3 }, 5);
    assert.equal(room.levels.remove('ada')?.active, null);
    assert.equal(room.levels.remove('ada'), null);
  });
});
