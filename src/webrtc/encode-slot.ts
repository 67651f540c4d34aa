import { GlasscastError } from '../protocol/errors.ts';
import type { EncodingWish } from './link-media.ts';
import type { Slot } from './slots.ts';

/** Enough for text that scrolls, at the size of a laptop's screen. */
const SCREEN_BITS_PER_SECOND = 2_500_000;

/**
 * Makes a sender encode as wished, and nothing at all of what is not shown. Changes nothing where it does so already.
 * @throws GlasscastError `media` when the browser refuses
 */
export async function encodeSlot(sender: RTCRtpSender, slot: Slot, wish: EncodingWish | undefined, shown: boolean): Promise<void> {
  const parameters = sender.getParameters();
  const encoding: RTCRtpEncodingParameters | undefined = parameters.encodings[0];
  if (encoding === undefined) return;
  const wanted: RTCRtpEncodingParameters = { ...wish, active: wish?.active !== false && shown };
  if (slot === 'screen') {
    wanted.maxBitrate ??= SCREEN_BITS_PER_SECOND;
    // Text that can be read is worth more than motion. Browsers that do not know it pass over it.
    parameters.degradationPreference = 'maintain-resolution';
  }
  if ((Object.keys(wanted) as (keyof EncodingWish)[]).every((key) => encoding[key] === wanted[key])) return;
  Object.assign(encoding, wanted);
  try {
    await sender.setParameters(parameters);
  } catch (cause) {
    throw new GlasscastError('media', 'The browser refused an encoding.', { cause });
  }
}
