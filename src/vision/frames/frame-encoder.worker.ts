/** Encodes pictures beside the page's main thread. In: `{id, picture, width, height}`. Out: `{id, encoded}` or `{id, error}`. */
import { encodePicture, offscreenEncoder } from './encode-picture.ts';
import type { EncodeRequest, EncodeResult } from './frame-encoder.ts';
import { messageOf } from './frame-encoder-error.ts';

let canvas: ReturnType<typeof offscreenEncoder> | undefined;

addEventListener('message', ({ data }: MessageEvent<EncodeRequest>) => void encode(data));

async function encode({ id, picture, width, height }: EncodeRequest): Promise<void> {
  try {
    canvas ??= offscreenEncoder();
    const encoded = await encodePicture(canvas, picture, { width, height });
    postMessage({ id, encoded } satisfies EncodeResult, { transfer: [encoded.bytes] });
  } catch (cause) {
    postMessage({ id, error: messageOf(cause) } satisfies EncodeResult);
  } finally {
    picture.close();
  }
}
