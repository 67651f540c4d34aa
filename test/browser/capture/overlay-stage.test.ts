/** What overlays are drawn on: pictures that lie on their side, and canvases that the browser takes back. */
import { expect } from '@open-wc/testing';
import { OverlayStage } from '../../../src/capture/overlay/overlay-stage.ts';
import type { Overlay } from '../../../src/vision/overlay.ts';

/** As newer browsers have it; TypeScript does not know it yet. */
type Turned = VideoFrame & { readonly rotation?: number };

const RED: readonly number[] = [255, 0, 0];
const BLUE: readonly number[] = [0, 0, 255];
const GREEN: readonly number[] = [0, 255, 0];
const BLACK: readonly number[] = [0, 0, 0];

/** Blue, with a red upper left quarter. */
function frame(init: Partial<VideoFrameInit> & { rotation?: number } = {}): Turned {
  const canvas = new OffscreenCanvas(320, 240);
  const context = canvas.getContext('2d') ?? expect.fail('no canvas');
  context.fillStyle = '#00f';
  context.fillRect(0, 0, 320, 240);
  context.fillStyle = '#f00';
  context.fillRect(0, 0, 160, 120);
  return new VideoFrame(canvas, { timestamp: 0, ...init });
}

/** Of the four corners, from the upper left one to the lower right one. */
function corners(picture: VideoFrame): number[][] {
  const { displayWidth: width, displayHeight: height } = picture;
  const context = new OffscreenCanvas(width, height).getContext('2d') ?? expect.fail('no canvas');
  context.drawImage(picture, 0, 0);
  picture.close();
  return [
    [5, 5],
    [width - 5, 5],
    [5, height - 5],
    [width - 5, height - 5],
  ].map(([x = 0, y = 0]) => [...context.getImageData(x, y, 1, 1).data.slice(0, 3)].map((value) => Math.round(value / 51) * 51));
}

/** Green in the lower right corner. */
const mark = (hides = false): Overlay => ({
  hides,
  draw(context, { width, height }) {
    context.fillStyle = '#0f0';
    context.fillRect(width - 20, height - 20, 20, 20);
  },
});

describe('the stage of overlays', () => {
  const { prototype } = OffscreenCanvasRenderingContext2D;
  const { isContextLost, drawImage } = prototype;
  let notices: string[];
  let stage: OverlayStage;

  beforeEach(() => {
    notices = [];
    stage = new OverlayStage(({ code }) => notices.push(code));
  });

  afterEach(() => {
    prototype.isContextLost = isContextLost;
    prototype.drawImage = drawImage;
    stage.close();
  });

  it('puts a picture upright that comes on its side, once', function () {
    const turned = frame({ rotation: 90 });
    // Older browsers have no such frames.
    if (turned.rotation !== 90) this.skip();
    expect([turned.displayWidth, turned.displayHeight]).to.deep.equal([240, 320]);
    const drawn: Turned = stage.draw(turned, [mark()], null);
    expect([drawn.displayWidth, drawn.displayHeight, drawn.rotation]).to.deep.equal([240, 320, 0]);
    expect(corners(drawn)).to.deep.equal([BLUE, RED, BLUE, GREEN]);
  });

  it('goes on with another canvas where the browser has taken one back, and says so once', () => {
    let lost = new WeakSet<object>();
    const used: OffscreenCanvasRenderingContext2D[] = [];
    prototype.isContextLost = function (this: OffscreenCanvasRenderingContext2D) {
      return lost.has(this);
    };
    prototype.drawImage = function (this: OffscreenCanvasRenderingContext2D, ...args: unknown[]) {
      used.push(this);
      if (!lost.has(this)) Reflect.apply(drawImage, this, args);
    };
    const taking = (overlay: Overlay): Overlay => ({
      ...overlay,
      draw(context, picture) {
        lost.add(context);
        overlay.draw(context, picture);
      },
    });
    expect(corners(stage.draw(frame(), [taking(mark())], null))).to.deep.equal([RED, BLUE, BLUE, BLUE]);
    expect(corners(stage.draw(frame(), [taking(mark(true))], null))).to.deep.equal([BLACK, BLACK, BLACK, BLACK]);
    expect(notices).to.deep.equal(['aborted']);
    expect(corners(stage.draw(frame(), [mark()], null))).to.deep.equal([RED, BLUE, BLUE, GREEN]);
    // Between two pictures nobody misses it.
    for (const context of used) lost.add(context);
    expect(corners(stage.draw(frame(), [mark(true)], null))).to.deep.equal([RED, BLUE, BLUE, GREEN]);
    lost = new WeakSet();
    expect(notices).to.deep.equal(['aborted']);
  });
});
