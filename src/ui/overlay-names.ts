/** Names in the attribute `overlay`, and the choice among them that parts of a room or studio offer. */
import { messages } from './localize.ts';

/** What a server of ours draws is named so. */
const ON_SERVER = 'server:';

/** The names in `overlay`, each once, in their order. */
export const overlayNames = (overlay: string | null): readonly string[] => [
  ...new Set(overlay?.split(/\s+/).filter((name) => name !== '') ?? []),
];

/** Those of them that the page draws. */
export const drawnHere = (overlay: string | null): readonly string[] => overlayNames(overlay).filter((name) => !name.startsWith(ON_SERVER));

/** Those of them that a server draws. */
export const drawnOnServer = (overlay: string | null): readonly string[] =>
  overlayNames(overlay).filter((name) => name.startsWith(ON_SERVER));

/** Effects of which there is one at a time. */
export const FACE_EFFECTS: readonly string[] = ['face-contour', 'hide-face'];

/** The one of `effects` that is chosen; empty where none is. */
export const effectIn = (overlay: string | null, effects: readonly string[]): string =>
  overlayNames(overlay).find((name) => effects.includes(name)) ?? '';

/** `overlay` with `effect` instead of the one of `effects` that was chosen. What else is in it, as a watermark, stays, and is drawn after it. */
export const withEffect = (overlay: string | null, effects: readonly string[], effect: string): string =>
  [effect, ...overlayNames(overlay).filter((name) => !effects.includes(name))].filter((name) => name !== '').join(' ');

const msg = messages('overlay', {
  effect: 'Effect',
  none: 'None',
  'face-contour': 'Face contours',
  'hide-face': 'Hide faces',
  'server:faces': 'On the server: faces',
  watermark: 'Watermark',
});

export const effectLabel = (): string => msg('effect');

/** Plain words for the overlays that are shipped; what a page has registered is called as it was named. */
export function effectName(name: string): string {
  if (name === '') return msg('none');
  return isShipped(name) ? msg(name) : name;
}

type Shipped = 'face-contour' | 'hide-face' | 'server:faces' | 'watermark';

const isShipped = (name: string): name is Shipped => FACE_EFFECTS.includes(name) || name === 'server:faces' || name === 'watermark';
