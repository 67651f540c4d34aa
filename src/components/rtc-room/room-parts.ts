import { define } from '../../ui/define.ts';

/**
 * The parts of a room that most pages do not show at once: each is loaded when it stands in a room, be it in the default content or
 * in the page's own layout.
 */
const PARTS: Readonly<Record<string, () => Promise<unknown>>> = {
  'rtc-controls': async () => define('rtc-controls', (await import('../rtc-controls/rtc-controls.ts')).RtcControls),
};

/** Loads the parts that stand below `root` and are not defined yet. Rejects when one cannot be loaded. */
export async function loadParts(root: ParentNode): Promise<void> {
  const tags = Object.keys(PARTS).filter((tag) => customElements.get(tag) === undefined && root.querySelector(tag) !== null);
  await Promise.all(tags.map((tag) => PARTS[tag]?.()));
}
