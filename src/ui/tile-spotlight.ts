import type { RoomView } from './room-context.ts';
import type { GridLayout } from './tile-layout.ts';

/**
 * Which tile is large, if any. One's own screen is so only when it is pinned: whoever shares wants to see the others.
 * @param names of the tiles, as in `RoomView.pinned`
 * @param current what has been large: it stays so while nothing has more right to it
 */
export function spotlightOf(
  names: readonly string[],
  { pinned, activeSpeaker }: Pick<RoomView, 'pinned' | 'activeSpeaker'>,
  layout: GridLayout,
  current: string | undefined,
): string | undefined {
  if (layout === 'grid' || names.length < 2) return undefined;
  const screens = names.filter((name) => name.endsWith('/screen') && name !== 'self/screen');
  const wanted = [pinned, screens.find((name) => name === current), screens[0]];
  if (layout === 'spotlight')
    wanted.push(
      activeSpeaker,
      current,
      names.find((name) => !name.startsWith('self')),
      names[0],
    );
  return wanted.find((name): name is string => names.includes(name ?? ''));
}
