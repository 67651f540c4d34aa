/** Picture-in-picture of a room: of who speaks, else of the largest picture of another one. */

interface Tile extends HTMLElement {
  readonly participant?: { readonly id: string } | undefined;
  readonly peer?: string | null;
}

/**
 * Opens the window, or closes it. Needs a tap or a key press that has just happened.
 * @param room the element that holds the tiles, in its document or its shadow roots
 * @param activeSpeaker the participant to prefer
 * @returns whether a window is open now: not where nobody else has a picture
 */
export async function togglePictureInPicture(room: Element, activeSpeaker: string | null): Promise<boolean> {
  if (document.pictureInPictureElement !== null) {
    await document.exitPictureInPicture();
    return false;
  }
  const tiles = tilesIn(room).filter((tile) => tile.matches(':state(picture):not(:state(self))'));
  const speaking = tiles.find((tile) => (tile.participant?.id ?? tile.peer) === activeSpeaker);
  const [largest] = tiles.toSorted((one, other) => area(other) - area(one));
  const video = (speaking ?? largest)?.shadowRoot?.querySelector('video');
  if (!video) return false;
  await video.requestPictureInPicture();
  return true;
}

function tilesIn(root: ParentNode): Tile[] {
  return [
    ...root.querySelectorAll<Tile>('*'),
    ...(root instanceof Element && root.shadowRoot ? root.shadowRoot.querySelectorAll<Tile>('*') : []),
  ].flatMap((element) => (element.localName === 'rtc-tile' ? [element] : element.shadowRoot ? tilesIn(element.shadowRoot) : []));
}

function area(tile: Element): number {
  const { width, height } = tile.getBoundingClientRect();
  return width * height;
}
