/**
 * Lets MediaPipe's CPU delegate run without WebGL.
 *
 * MediaPipe takes every picture as a WebGL texture, also where the CPU looks at it: it uploads the picture and reads the same pixels
 * back. This canvas offers just those calls and keeps the pixels where they are. So detection runs where WebGL does not, no GPU context can be lost
 * under it, none of the few that a page may have is used up, and no picture goes to the GPU and back.
 *
 * What MediaPipe 0.10.35 calls was read off a run; a call beyond that throws, and fails the detection.
 */

/** What is uploaded: {@link TextureStore.texImage2D} reads no other kind. */
export type StoredPicture = Pick<ImageData, 'width' | 'height' | 'data'>;

interface Texture {
  picture: StoredPicture | null;
}

const VERSION = 0x1f02;
const RENDERER = 0x1f01;
const MAX_VERTEX_ATTRIBUTES = 0x8869;
const FRAMEBUFFER_COMPLETE = 0x8cd5;
const ALREADY_SIGNALED = 0x911a;

/** The part of WebGL2RenderingContext that is called. */
class TextureStore {
  #bound: Texture | null = null;
  #attached: Texture | null = null;

  getContextAttributes(): WebGLContextAttributes {
    return {};
  }

  getSupportedExtensions(): string[] {
    return [];
  }

  getExtension(): null {
    return null;
  }

  getError(): number {
    return 0;
  }

  isContextLost(): boolean {
    return false;
  }

  getParameter(name: number): string | number | null {
    if (name === VERSION) return 'WebGL 2.0';
    if (name === RENDERER) return 'none';
    return name === MAX_VERTEX_ATTRIBUTES ? 16 : null;
  }

  createTexture(): Texture {
    return { picture: null };
  }

  bindTexture(_target: number, texture: Texture | null): void {
    this.#bound = texture;
  }

  deleteTexture(texture: Texture | null): void {
    if (texture !== null) texture.picture = null;
  }

  texImage2D(...args: readonly unknown[]): void {
    if (this.#bound !== null) this.#bound.picture = args.at(-1) as StoredPicture;
  }

  createFramebuffer(): object {
    return {};
  }

  framebufferTexture2D(_target: number, _attachment: number, _kind: number, texture: Texture | null): void {
    this.#attached = texture;
  }

  checkFramebufferStatus(): number {
    return FRAMEBUFFER_COMPLETE;
  }

  readPixels(x: number, y: number, width: number, height: number, _format: number, _type: number, to: Uint8Array, offset: number): void {
    const picture = this.#attached?.picture;
    if (picture === null || picture === undefined) throw new Error('no picture was uploaded');
    if (x !== 0 || y !== 0 || width !== picture.width || height !== picture.height) throw new Error('a part of a picture is read');
    to.set(picture.data, offset);
  }

  fenceSync(): object {
    return {};
  }

  clientWaitSync(): number {
    return ALREADY_SIGNALED;
  }

  // Without a picture to move there is nothing to do.
  activeTexture(): void {}
  bindFramebuffer(): void {}
  deleteFramebuffer(): void {}
  deleteSync(): void {}
  finish(): void {}
  flush(): void {}
  pixelStorei(): void {}
  texParameteri(): void {}
  waitSync(): void {}
}

/** A canvas for MediaPipe's CPU delegate. Its pictures are {@link StoredPicture}s. */
export function textureCanvas(): OffscreenCanvas {
  const context = new TextureStore();
  const canvas = { width: 1, height: 1, getContext: () => context, addEventListener() {}, removeEventListener() {} };
  return canvas as unknown as OffscreenCanvas;
}
