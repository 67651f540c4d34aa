/** What becomes of a client whose landmarker breaks. */
import { expect } from '@open-wc/testing';
import type { GlasscastError } from '../../../src/protocol/errors.ts';
import type { Face } from '../../../src/vision/face.ts';
import { FaceTracker } from '../../../src/vision/face-tracker.ts';
import { LandmarkerClient } from '../../../src/vision/landmarker/landmarker-client.ts';
import type { Landmarker } from '../../../src/vision/landmarker/mediapipe.ts';
import type { Delegate } from '../../../src/vision/landmarker/messages.ts';

type Detect = () => Float32Array;

const FINDS_NONE: Detect = () => new Float32Array(0);
const BREAKS: Detect = () => {
  throw new WebAssembly.RuntimeError('unreachable');
};

const BLACK = new OffscreenCanvas(16, 16);
BLACK.getContext('2d');

/** A client whose landmarkers are these, one after another, and a tracker at its other end. */
class Scene {
  readonly made: { delegate: Delegate; closed: boolean; lost: () => void }[] = [];
  readonly tracker: FaceTracker;
  failure: GlasscastError | null = null;
  readonly #client: LandmarkerClient;
  #timestamp = 0;

  constructor(delegate: Delegate, ...turns: readonly Detect[]) {
    const { port1, port2 } = new MessageChannel();
    const left = [...turns];
    this.#client = new LandmarkerClient(port2, {
      make: async (lost, avoidGpu) => {
        const detect = left.shift();
        if (detect === undefined) throw new Error('no memory');
        const entry = { delegate: avoidGpu ? ('CPU' as const) : delegate, closed: false, lost };
        this.made.push(entry);
        const landmarker: Pick<Landmarker, 'delegate' | 'detect' | 'close'> = {
          delegate: entry.delegate,
          detect,
          close: () => {
            entry.closed = true;
          },
        };
        return landmarker as Landmarker;
      },
    });
    this.tracker = new FaceTracker(port1, {
      detectRate: 60,
      failed: (error) => {
        this.failure = error;
      },
    });
  }

  open(): Promise<void> {
    return this.#client.open();
  }

  async show(pictures: number): Promise<void> {
    for (let index = 0; index < pictures; index += 1) {
      while (!this.tracker.wants && this.failure === null) await new Promise((resolve) => setTimeout(resolve));
      this.#timestamp += 33_333;
      this.tracker.offer(new VideoFrame(BLACK, { timestamp: this.#timestamp }), this.#timestamp);
    }
    while (!this.tracker.wants && this.failure === null) await new Promise((resolve) => setTimeout(resolve));
  }

  /** A picture that is waited for. */
  look(): Promise<readonly Face[] | null> {
    this.#timestamp += 33_333;
    return this.tracker.look(new VideoFrame(BLACK, { timestamp: this.#timestamp }), this.#timestamp);
  }

  get faces() {
    return this.tracker.facesAt(this.#timestamp);
  }

  close(): void {
    this.tracker.close();
    this.#client.close();
  }
}

describe('a client of the landmarker', () => {
  let scene: Scene;
  afterEach(() => scene.close());

  it('gets another landmarker when the first breaks', async () => {
    scene = new Scene('CPU', BREAKS, FINDS_NONE);
    await scene.open();
    await scene.show(1);
    expect(scene.faces, 'nothing is known').to.equal(null);
    await scene.show(3);
    expect(scene.faces).to.deep.equal([]);
    expect(scene.failure).to.equal(null);
    expect(scene.made.map(({ closed }) => closed)).to.deep.equal([true, false]);
  });

  it('is told that it is over when the second breaks too, once', async () => {
    scene = new Scene('CPU', BREAKS, BREAKS, FINDS_NONE);
    await scene.open();
    await scene.show(4);
    expect(scene.failure?.code).to.equal('unsupported');
    expect(scene.made.map(({ closed }) => closed)).to.deep.equal([true, true]);
    expect(scene.faces).to.equal(null);
    expect(scene.tracker.wants).to.equal(false);
  });

  it('is told that it is over when no other can be made', async () => {
    scene = new Scene('CPU', BREAKS);
    await scene.open();
    await scene.show(2);
    expect(scene.failure?.message).to.include('no memory');
  });

  it('answers for the very picture that is waited for, one after the other, more often than detection would run', async () => {
    scene = new Scene('CPU', FINDS_NONE);
    await scene.open();
    let early = 0;
    for (let looks = 0; looks < 60; looks++) {
      if (!scene.tracker.wants) early++;
      expect(await scene.look()).to.deep.equal([]);
    }
    expect(early).to.be.greaterThan(0);
  });

  it('looks at a picture that comes while another one is waited for, behind that', async () => {
    scene = new Scene('CPU', FINDS_NONE);
    await scene.open();
    // As where another line of frames is taken up.
    expect(await Promise.all([scene.look(), scene.look()])).to.deep.equal([[], []]);
    expect(await scene.look()).to.deep.equal([]);
  });

  it('knows nothing of a picture that was waited for while it broke, and looks at the next', async () => {
    scene = new Scene('CPU', BREAKS, FINDS_NONE);
    await scene.open();
    expect(await scene.look()).to.equal(null);
    let found = await scene.look();
    for (let tries = 0; found === null && tries < 20; tries++) found = await scene.look();
    expect(found).to.deep.equal([]);
  });

  it('lets nobody wait who has ended it, or whom it does not answer', async () => {
    scene = new Scene('CPU', FINDS_NONE);
    // Its other end has not been opened: nobody answers.
    const since = performance.now();
    expect(await scene.look()).to.equal(null);
    expect(performance.now() - since).to.be.within(380, 5000);
    const ended = scene.look();
    scene.tracker.close();
    expect(await ended).to.equal(null);
    expect(await scene.look()).to.equal(null);
  });

  it('goes on with the CPU when the GPU is lost, and the lost one’s end is not another loss', async () => {
    scene = new Scene('GPU', FINDS_NONE, FINDS_NONE);
    await scene.open();
    await scene.show(2);
    expect(scene.tracker.figures?.delegate).to.equal('GPU');
    scene.made[0]?.lost();
    await scene.show(3);
    scene.made[0]?.lost();
    await scene.show(2);
    expect(scene.tracker.figures?.delegate).to.equal('CPU');
    expect(scene.failure).to.equal(null);
    expect(scene.made.map(({ delegate, closed }) => [delegate, closed])).to.deep.equal([
      ['GPU', true],
      ['CPU', false],
    ]);
  });
});
