/** The line and the painter by themselves: what they say to each other about where a picture comes from. */
import { expect } from '@open-wc/testing';
import { FrameLine } from '../../../src/capture/overlay/frame-line.ts';
import { FramePainter } from '../../../src/capture/overlay/frame-painter.ts';
import type { FrameToPaint, PaintedFrame } from '../../../src/capture/overlay/overlay-messages.ts';
import { type Face, LANDMARKS } from '../../../src/vision/face.ts';
import type { DetectAnswer, DetectRequest } from '../../../src/vision/landmarker/messages.ts';

const canvas = new OffscreenCanvas(320, 240);
canvas.getContext('2d');
const frameAt = (timestamp: number): VideoFrame => new VideoFrame(canvas, { timestamp });

/** What arrives at a port, one after another. */
function inbox<T>(port: MessagePort): () => Promise<T> {
  const arrived: T[] = [];
  let wake = (): void => undefined;
  port.onmessage = ({ data }: MessageEvent<T>) => {
    arrived.push(data);
    wake();
  };
  return async () => {
    for (;;) {
      const first = arrived.shift();
      if (first !== undefined) return first;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
}

class Feed {
  readonly stream: ReadableStream<VideoFrame>;
  #controller: ReadableStreamDefaultController<VideoFrame> | undefined;

  constructor() {
    this.stream = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
      },
    });
  }

  send(timestamp: number): void {
    this.#controller?.enqueue(frameAt(timestamp));
  }
}

describe('a line of frames', () => {
  let line: FrameLine;
  let out: number[];
  let painter: MessagePort;
  let asked: () => Promise<FrameToPaint>;

  const seat = (): void => {
    const { port1, port2 } = new MessageChannel();
    painter = port1;
    asked = inbox(port1);
    line.setPainter(port2);
  };
  const answer = (frame: VideoFrame): void => painter.postMessage({ frame, drawn: true } satisfies PaintedFrame, [frame]);
  const written = async (count: number): Promise<void> => {
    while (out.length < count) await new Promise((resolve) => setTimeout(resolve));
  };

  beforeEach(() => {
    out = [];
    const sink = {
      write: (frame: VideoFrame) => {
        out.push(frame.timestamp);
        frame.close();
        return true;
      },
      close: () => undefined,
    };
    const events = { painterLost: () => undefined, inputEnded: () => undefined, troubled: () => undefined, figures: () => undefined };
    line = new FrameLine(sink, events);
    seat();
  });

  afterEach(() => line.close());

  /** Sends a picture through the painter, and says what the painter was told of it. */
  const through = async (feed: Feed, timestamp: number): Promise<boolean> => {
    feed.send(timestamp);
    const { frame, begins } = await asked();
    const count = out.length;
    answer(frame);
    await written(count + 1);
    return begins;
  };

  it('tells the painter where another input begins, and another painter always', async () => {
    const [one, other] = [new Feed(), new Feed()];
    line.setInput(one.stream);
    expect([await through(one, 0), await through(one, 40_000)]).to.deep.equal([true, false]);
    line.setInput(other.stream);
    expect([await through(other, 80_000), await through(other, 120_000)]).to.deep.equal([true, false]);
    seat();
    expect(await through(other, 160_000)).to.equal(true);
  });

  it('says so with the first frame that is painted, where those before it passed as they were', async () => {
    const [one, other] = [new Feed(), new Feed()];
    line.setInput(one.stream);
    await through(one, 0);
    line.setPainter(null);
    line.setInput(other.stream);
    other.send(40_000);
    await written(2);
    seat();
    expect(await through(other, 80_000)).to.equal(true);
  });

  it('drops what comes back late of an input that is gone: time does not go backwards', async () => {
    const [one, other] = [new Feed(), new Feed()];
    line.setInput(one.stream);
    one.send(1_000_000);
    const { frame } = await asked();
    line.setInput(null);
    line.setInput(other.stream);
    other.send(2_000_000);
    answer(frame);
    const next = await asked();
    answer(next.frame);
    await written(2);
    // The black picture between the two, and the first of the other.
    expect(out).to.deep.equal([1_033_333, 2_000_000]);
  });
});

describe('a painter', () => {
  it('knows nothing of the faces of a camera that it has not looked at, whatever was in the one before', async () => {
    const seen: (readonly Face[] | null)[] = [];
    let now = 0;
    const painter = new FramePainter(
      { tellFaces: true },
      {
        needsFaces: () => undefined,
        facesFailed: () => undefined,
        notice: (error) => expect.fail(error.message),
        detection: () => undefined,
        faces: (faces) => void seen.push(faces),
      },
      () => now,
    );
    await painter.setOverlays([{ name: 'probe', factory: () => ({ needsFaces: true, appliesTo: () => false, draw: () => undefined }) }]);
    const [line, detection] = [new MessageChannel(), new MessageChannel()];
    painter.connect(line.port2);
    painter.setLandmarker(detection.port2);
    const painted = inbox<PaintedFrame>(line.port1);
    const wanted = inbox<DetectRequest>(detection.port1);
    const show = async (timestamp: number, begins: boolean): Promise<readonly Face[] | null> => {
      const frame = frameAt(timestamp);
      line.port1.postMessage({ frame, begins } satisfies FrameToPaint, [frame]);
      (await painted()).frame.close();
      return seen.at(-1) ?? null;
    };
    const find = async (): Promise<void> => {
      const { id, picture } = await wanted();
      picture.close();
      const landmarks = new Float32Array(LANDMARKS * 3).fill(0.5);
      // The painter listens there as well, and did so first.
      const heard = new Promise((resolve) => detection.port2.addEventListener('message', resolve, { once: true }));
      detection.port1.postMessage({ type: 'faces', id, landmarks, faces: 1, took: 1, delegate: 'CPU' } satisfies DetectAnswer);
      await heard;
      // Another look is due.
      now += 40;
    };
    expect(await show(0, true)).to.equal(null);
    await find();
    expect(await show(50_000, false)).to.have.length(1);
    // That picture was being looked at when the other camera came.
    expect(await show(100_000, true)).to.equal(null);
    await find();
    expect(await show(150_000, false)).to.equal(null);
    await find();
    expect(await show(200_000, false)).to.have.length(1);
    painter.close();
  });

  it('says that detection is over, and asks for another with the next choice', async () => {
    const said: string[] = [];
    const painter = new FramePainter(
      { tellFaces: false },
      {
        needsFaces: (needed) => said.push(needed ? 'needed' : 'not needed'),
        facesFailed: () => said.push('failed'),
        notice: ({ code }) => said.push(code),
        detection: () => undefined,
        faces: () => undefined,
      },
    );
    const overlay = { needsFaces: true, draw: () => undefined };
    const choose = (name: string): Promise<unknown> => painter.setOverlays([{ name, factory: () => overlay }]);
    await choose('one');
    const { port1, port2 } = new MessageChannel();
    painter.setLandmarker(port2);
    port1.postMessage({ type: 'failed', code: 'unsupported', message: 'broke down twice' } satisfies DetectAnswer);
    while (said.length < 3) await new Promise((resolve) => setTimeout(resolve));
    await choose('other');
    expect(said).to.deep.equal(['needed', 'unsupported', 'failed', 'needed']);
    await painter.setOverlays([]);
    expect(said.at(-1)).to.equal('not needed');
    painter.close();
  });
});
