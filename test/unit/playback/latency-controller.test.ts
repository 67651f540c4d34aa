import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultTarget, LatencyController, type LatencySample } from '../../../src/playback/latency-controller.ts';

const PART = 0.2;

/** A player near its target, with what a test wants different. */
function sample(changes: Partial<LatencySample> = {}): LatencySample {
  const latency = changes.latency ?? 0.45;
  return { latency, ahead: 0.3, published: latency, hole: -10, part: PART, holdBack: 0.6, paused: false, starved: false, ...changes };
}

function controller(): { control: LatencyController; tick: (ms?: number) => void } {
  let now = 1_000;
  return {
    control: new LatencyController({ now: () => now }),
    tick: (ms = 100) => {
      now += ms;
    },
  };
}

/** One that has arrived and follows. */
function following(): ReturnType<typeof controller> {
  const made = controller();
  made.control.step(sample());
  made.tick(2_100);
  made.control.step(sample());
  return made;
}

describe('the default target', () => {
  it('is at least 2.25 parts at 200 ms', () => assert.ok(defaultTarget(0.2, 0.6) >= 0.45 - 1e-9));
  it('is 3.5 to 4 parts at 100 ms', () => {
    const parts = defaultTarget(0.1, 0.3) / 0.1;
    assert.ok(parts >= 3.5 && parts <= 4, String(parts));
  });
  it('is the hold-back of a playlist without parts', () => assert.equal(defaultTarget(null, 6), 6));
});

describe('the playback rate', () => {
  it('is 1 at the target', () => assert.equal(following().control.step(sample()).rate, 1));

  it('rises with the distance behind the target, up to 1.08', () => {
    const { control } = following();
    const little = control.step(sample({ latency: 0.5 })).rate;
    assert.ok(little > 1 && little < 1.08, String(little));
    assert.equal(control.step(sample({ latency: 1 })).rate, 1.08);
  });

  it('falls ahead of the target, down to 0.92', () => {
    const { control } = following();
    const little = control.step(sample({ latency: 0.4 })).rate;
    assert.ok(little < 1 && little > 0.92, String(little));
    assert.equal(control.step(sample({ latency: 0.1 })).rate, 0.92);
  });

  it('does not rise while next to nothing is buffered', () => {
    assert.equal(following().control.step(sample({ latency: 0.9, ahead: 0.05 })).rate, 1);
  });

  it('is 1 while paused or starved', () => {
    const { control } = following();
    assert.equal(control.step(sample({ latency: 1, paused: true })).rate, 1);
    assert.equal(control.step(sample({ latency: 1, starved: true })).rate, 1);
  });

  it('brings a simulated player to its target and keeps it there', () => {
    const { control, tick } = following();
    let latency = 0.9;
    for (let step = 0; step < 200; step++) {
      tick();
      const { rate } = control.step(sample({ latency, ahead: latency - 0.15 }));
      latency -= (rate - 1) * 0.1;
    }
    assert.ok(Math.abs(latency - 0.45) < 0.02, String(latency));
  });
});

describe('arriving', () => {
  it('jumps once, within the buffer, by what loading has cost', () => {
    const { control, tick } = controller();
    const { jump } = control.step(sample({ latency: 0.9, ahead: 0.75 }));
    assert.ok(jump !== null && Math.abs(jump - 0.45) < 1e-9, String(jump));
    tick();
    assert.equal(control.step(sample({ latency: 0.9, ahead: 0.75 })).jump, null);
  });

  it('does not jump to where nothing is buffered', () => {
    assert.equal(controller().control.step(sample({ latency: 0.9, ahead: 0.5 })).jump, null);
  });

  it('is over after two seconds', () => {
    const { control, tick } = controller();
    control.step(sample({ latency: 0.9, ahead: 0.5 }));
    tick(2_100);
    control.step(sample({ latency: 0.9, ahead: 0.5 }));
    tick();
    assert.equal(control.step(sample({ latency: 0.9, ahead: 0.9 })).jump, null);
  });

  it('happens again when playback goes on after a pause', () => {
    const { control } = following();
    control.resumed();
    assert.notEqual(control.step(sample({ latency: 2, ahead: 1.9 })).jump, null);
  });
});

describe('stalls', () => {
  it('raise the target a little, once each', () => {
    const { control, tick } = following();
    control.step(sample({ starved: true }));
    tick();
    control.step(sample({ starved: true }));
    assert.ok(Math.abs((control.target ?? 0) - 0.55) < 1e-9, String(control.target));
  });

  it('are forgotten when all is quiet', () => {
    const { control, tick } = following();
    control.step(sample({ starved: true }));
    for (let step = 0; step < 200; step++) {
      tick();
      control.step(sample({ latency: 0.55 }));
    }
    assert.ok(Math.abs((control.target ?? 0) - 0.45) < 1e-9, String(control.target));
  });

  it('never raise it by more than 1.5 s', () => {
    const { control, tick } = following();
    for (let stall = 0; stall < 60; stall++) {
      tick();
      control.step(sample({ starved: true }));
      tick();
      control.step(sample());
    }
    assert.ok((control.target ?? 9) <= 1.95 + 1e-9, String(control.target));
  });

  it('do not make it seek to the edge, however long nothing new comes', () => {
    const { control, tick } = following();
    for (let step = 0; step < 100; step++) {
      tick();
      const decision = control.step(sample({ starved: true, latency: 0.45 + step / 10, published: 0.02, ahead: 0 }));
      assert.equal(decision.jump, null);
    }
  });
});

describe('falling far behind', () => {
  it('ends with a jump to the target', () => {
    const { control } = following();
    const { jump } = control.step(sample({ latency: 30, published: 30, ahead: 0 }));
    assert.ok(jump !== null && Math.abs(jump - 29.55) < 1e-9, String(jump));
  });

  it('is answered by one jump in three seconds', () => {
    const { control, tick } = following();
    const far = sample({ latency: 30, published: 30, ahead: 0, starved: true });
    control.step(far);
    tick(1_000);
    assert.equal(control.step(far).jump, null);
    tick(2_100);
    assert.notEqual(control.step(far).jump, null);
  });

  it('is left alone where the viewer went there', () => {
    const { control } = following();
    control.viewerSeeked(20);
    assert.deepEqual(control.step(sample({ latency: 20, published: 20 })), { rate: 1, jump: null });
    assert.equal(control.free, true);
  });

  it('is followed again when the viewer asks for the live edge', () => {
    const { control } = following();
    control.viewerSeeked(20);
    control.follow();
    assert.notEqual(control.step(sample({ latency: 20, published: 20 })).jump, null);
  });

  it('is not live again because playback goes on after a pause in the past', () => {
    const { control } = following();
    control.viewerSeeked(20);
    control.resumed();
    assert.equal(control.step(sample({ latency: 20, published: 20 })).jump, null);
  });
});

describe('a gap in the broadcast', () => {
  it('is crossed as soon as there is media behind it', () => {
    const { control } = following();
    const { jump } = control.step(sample({ latency: 2.2, published: 2.2, hole: 2, ahead: 0, starved: true }));
    assert.equal(jump, 2);
  });

  it('costs no latency: what loading took is jumped as at the start', () => {
    const { control, tick } = following();
    control.step(sample({ latency: 2.2, published: 2.2, hole: 2, ahead: 0, starved: true }));
    tick();
    control.step(sample({ latency: 1.2, published: 1.1, ahead: 0, starved: true }));
    tick(500);
    control.step(sample({ latency: 1.6, published: 1.5, ahead: 0.2 }));
    tick();
    const { jump } = control.step(sample({ latency: 1.6, published: 1.5, ahead: 1.5 }));
    assert.ok(jump !== null && Math.abs(jump - (1.6 - (control.target ?? 0))) < 1e-9, String(jump));
  });

  it('is not crossed while there is still something to play before it', () => {
    const { control } = following();
    assert.equal(control.step(sample({ latency: 2.2, published: 2.2, hole: 2, ahead: 0.3 })).jump, null);
  });
});

describe('a wanted latency', () => {
  it('takes the place of the default', () => {
    const { control } = following();
    control.wanted = 2;
    control.step(sample());
    assert.equal(control.target, 2);
  });
});
