/** A canvas that lies exactly over the picture that a video shows, wherever the video stands, and however it fits the picture in. */

/** Beyond it a line looks no better, and costs more. */
const MOST_PIXELS = 1920;

/** Where the picture is drawn on, in pixels of the canvas: from 0, 0 to its size. */
export interface PictureSurface {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  /** Pixels of the canvas for one CSS pixel. */
  readonly density: number;
}

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export class PictureCanvas {
  readonly element: HTMLCanvasElement;
  readonly #listeners = new AbortController();
  #video: HTMLVideoElement | null = null;
  #place: Rectangle = { x: 0, y: 0, width: 0, height: 0 };
  #isClear = true;

  /** @param element in a shadow tree whose styles hold `pictureCanvasStyles` */
  constructor(element: HTMLCanvasElement) {
    this.element = element;
    document.addEventListener('fullscreenchange', () => this.#followFullscreen(), { signal: this.#listeners.signal });
  }

  /** Empties the canvas, and lays it over the picture. Null where there is no picture to be seen. */
  begin(video: HTMLVideoElement): PictureSurface | null {
    this.clear();
    if (this.#video !== video) {
      this.#video = video;
      this.#followFullscreen();
    }
    const { videoWidth, videoHeight } = video;
    const box = contentBox(video);
    if (videoWidth === 0 || videoHeight === 0 || box.width < 1 || box.height < 1) return null;
    const scale = this.#lay(box);
    const density = Math.min(devicePixelRatio * scale, MOST_PIXELS / this.#place.width);
    this.#size(Math.round(this.#place.width * density), Math.round(this.#place.height * density));
    const context = this.element.getContext('2d');
    if (context === null) return null;
    const style = getComputedStyle(video);
    const fitted = fitPicture(style.objectFit, style.objectPosition, this.#place, { width: videoWidth, height: videoHeight });
    const mirror = isMirrored(style) ? -1 : 1;
    const [x, y, width, height] = [fitted.x, fitted.y, fitted.width, fitted.height].map((value) => value * density) as Quad;
    context.setTransform(mirror, 0, 0, 1, mirror === 1 ? x : this.element.width - x, y);
    this.#isClear = false;
    return { context, width, height, density };
  }

  /** Costs nothing where nothing is drawn. */
  clear(): void {
    if (this.#isClear) return;
    const context = this.element.getContext('2d');
    context?.resetTransform();
    context?.clearRect(0, 0, this.element.width, this.element.height);
    this.#isClear = true;
  }

  close(): void {
    this.#listeners.abort('closed');
    this.clear();
    this.#video = null;
    this.#leaveTopLayer();
  }

  /** Moves the canvas there by what it is off: what stands around it need not be known. Returns by how much all around is scaled. */
  #lay(target: Rectangle): number {
    const { element } = this;
    const now = element.getBoundingClientRect();
    const scale = element.offsetWidth > 0 && now.width > 0 ? now.width / element.offsetWidth : 1;
    const place = {
      x: this.#place.x + (target.x - now.left) / scale,
      y: this.#place.y + (target.y - now.top) / scale,
      width: target.width / scale,
      height: target.height / scale,
    };
    if (!isNear(place, this.#place)) {
      this.#place = place;
      element.style.width = `${place.width}px`;
      element.style.height = `${place.height}px`;
      element.style.transform = `translate(${place.x}px, ${place.y}px)`;
    }
    return scale;
  }

  #size(width: number, height: number): void {
    if (this.element.width !== width) this.element.width = width;
    if (this.element.height !== height) this.element.height = height;
  }

  /** What fills the screen is above everything but what is shown after it. */
  #followFullscreen(): void {
    const { fullscreenElement } = document;
    const isCovered =
      fullscreenElement !== null &&
      this.#video !== null &&
      holds(fullscreenElement, this.#video) &&
      !holds(fullscreenElement, this.element);
    this.#leaveTopLayer();
    if (!isCovered || typeof this.element.showPopover !== 'function' || !this.element.isConnected) return;
    this.element.popover = 'manual';
    this.element.showPopover();
  }

  #leaveTopLayer(): void {
    if (this.element.popover === null || this.element.popover === undefined) return;
    if (this.element.isConnected) this.element.hidePopover();
    this.element.popover = null;
  }
}

type Quad = [number, number, number, number];

const isNear = (a: Rectangle, b: Rectangle): boolean =>
  Math.abs(a.x - b.x) + Math.abs(a.y - b.y) + Math.abs(a.width - b.width) + Math.abs(a.height - b.height) < 0.25;

/** In the window, as it is seen. */
function contentBox(video: HTMLVideoElement): Rectangle {
  const { left, top, width, height } = video.getBoundingClientRect();
  const { paddingLeft, paddingTop, paddingRight, paddingBottom } = getComputedStyle(video);
  const [pl, pt, pr, pb] = [paddingLeft, paddingTop, paddingRight, paddingBottom].map((value) => Number.parseFloat(value) || 0) as Quad;
  const scaleX = video.offsetWidth > 0 ? width / video.offsetWidth : 1;
  const scaleY = video.offsetHeight > 0 ? height / video.offsetHeight : 1;
  return {
    x: left + (video.clientLeft + pl) * scaleX,
    y: top + (video.clientTop + pt) * scaleY,
    width: (video.clientWidth - pl - pr) * scaleX,
    height: (video.clientHeight - pt - pb) * scaleY,
  };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** CSS Images §5.5: the picture within its box. */
export function fitPicture(fit: string, position: string, box: Size, picture: Size): Rectangle {
  const contain = Math.min(box.width / picture.width, box.height / picture.height);
  const cover = Math.max(box.width / picture.width, box.height / picture.height);
  const scales: Readonly<Record<string, number>> = { contain, cover, none: 1, 'scale-down': Math.min(1, contain) };
  const scale = scales[fit];
  const width = scale === undefined ? box.width : picture.width * scale;
  const height = scale === undefined ? box.height : picture.height * scale;
  const [x = '50%', y = '50%'] = position.split(' ');
  return { x: offset(x, box.width - width), y: offset(y, box.height - height), width, height };
}

function offset(value: string, room: number): number {
  const number = Number.parseFloat(value);
  if (!Number.isFinite(number)) return room / 2;
  return value.endsWith('%') ? (room * number) / 100 : number;
}

/** Cameras are shown as in a mirror by `transform: scaleX(-1)` or `scale: -1 1`. */
function isMirrored({ transform, scale }: CSSStyleDeclaration): boolean {
  const byMatrix = /^matrix(?:3d)?\(-/.test(transform);
  const byScale = scale.startsWith('-');
  return byMatrix !== byScale;
}

/** Through shadow trees. */
function holds(outer: Element, inner: Element): boolean {
  for (let node: Node | null = inner; node !== null; node = node instanceof ShadowRoot ? node.host : node.parentNode) {
    if (node === outer) return true;
  }
  return false;
}
