import { GlasscastError } from '../../protocol/errors.ts';

/** @throws GlasscastError `network` where it cannot be loaded; the next call tries again */
export async function loadEngine(): Promise<typeof import('./frames-engine.ts')> {
  try {
    return await import('./frames-engine.ts');
  } catch (cause) {
    throw new GlasscastError('network', 'A part of this element could not be loaded. Check your network, or reload the page.', { cause });
  }
}
