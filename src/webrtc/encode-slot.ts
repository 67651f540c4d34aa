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
  const { degradationPreference, ...encodingWish } = wish ?? {};
  const wanted: RTCRtpEncodingParameters = { ...encodingWish, active: wish?.active !== false && shown };
  // Text that can be read is worth more than motion.
  const preference = slot === 'screen' ? 'maintain-resolution' : degradationPreference;
  if (slot === 'screen') wanted.maxBitrate ??= SCREEN_BITS_PER_SECOND;
  const same = (Object.keys(wanted) as (keyof typeof wanted)[]).every((key) => encoding[key] === wanted[key]);
  if (same && parameters.degradationPreference === preference) return;
  // Browsers that do not know it pass over it.
  if (preference === undefined) delete parameters.degradationPreference;
  else parameters.degradationPreference = preference;
  Object.assign(encoding, wanted);
  try {
    await sender.setParameters(parameters);
  } catch (cause) {
    throw new GlasscastError('media', 'The browser refused an encoding.', { cause });
  }
}
