/** Which delegate wins, by what each takes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseDelegate } from '../../../src/vision/landmarker/delegate-choice.ts';

type Took = number | 'missing' | 'throws';

async function choose(cpu: Took, gpu: Took) {
  let now = 0;
  const open = new Set<object>();
  let detections = 0;
  const verdict = await chooseDelegate({
    now: () => now,
    make: async (delegate) => {
      const took = delegate === 'CPU' ? cpu : gpu;
      if (took === 'missing') return null;
      const candidate = {
        delegate,
        detect: () => {
          detections += 1;
          if (took === 'throws') throw new Error('no GPU');
          now += took;
        },
        close: () => open.delete(candidate),
      };
      open.add(candidate);
      return candidate;
    },
  });
  return { delegate: verdict?.delegate ?? null, open: open.size, detections };
}

describe('the choice of a delegate', () => {
  const table: readonly { name: string; cpu: Took; gpu: Took; wins: 'CPU' | 'GPU' | null }[] = [
    { name: 'the faster GPU', cpu: 17, gpu: 6, wins: 'GPU' },
    { name: 'the CPU against a GPU in software', cpu: 17, gpu: 115, wins: 'CPU' },
    { name: 'the CPU where it is about the same', cpu: 10, gpu: 9, wins: 'CPU' },
    { name: 'the CPU where there is no GPU', cpu: 10, gpu: 'missing', wins: 'CPU' },
    { name: 'the CPU where the GPU breaks', cpu: 10, gpu: 'throws', wins: 'CPU' },
    { name: 'the GPU where the CPU does not run, however slow', cpu: 'throws', gpu: 500, wins: 'GPU' },
    { name: 'none where neither runs', cpu: 'throws', gpu: 'missing', wins: null },
  ];
  for (const { name, cpu, gpu, wins } of table) {
    it(`${name}, and what was tried is closed`, async () => {
      const { delegate, open } = await choose(cpu, gpu);
      assert.equal(delegate, wins);
      assert.equal(open, 0);
    });
  }

  it('does not go on with a GPU that is hopeless', async () => {
    assert.equal((await choose(10, 115)).detections, 7 + 3);
  });
});
