/** What is drawn on the camera's picture in a room. Loaded with the first overlay. */
import { OverlaidPicture } from '../capture/sources/overlaid-picture.ts';
import type { LocalMedia } from '../webrtc/local-media.ts';
import { type OverlayAttributes, readOverlays } from './overlay-settings.ts';
import type { RoomController } from './room-controller.ts';

/** Where troubles of the room are told. */
type Told = Pick<RoomController, 'tell' | 'passed'>;

/** Lives as long as the local media. */
export class RoomOverlay {
  readonly #element: HTMLElement & OverlayAttributes;
  readonly #media: LocalMedia;
  readonly #told: Told;
  readonly #origin: () => string;
  readonly #picture: OverlaidPicture;

  /** @param origin of the server; throws where nothing says it */
  constructor(media: LocalMedia, element: HTMLElement & OverlayAttributes, told: Told, origin: () => string) {
    this.#media = media;
    this.#element = element;
    this.#told = told;
    this.#origin = origin;
    this.#picture = new OverlaidPicture(
      {
        changed: () => media.filterCamera(this.#filter),
        notice: (error) => told.tell('overlay', error),
        refused: (error) => {
          told.tell('overlay', error);
          // Its light goes as well; who turns it on again tries again.
          void media.setCameraEnabled(false);
        },
      },
      async (input, options) => {
        const { openOverlaidTrack } = await import('../capture/overlay/overlaid-track.ts');
        return openOverlaidTrack(input, options);
      },
    );
    media.signal.addEventListener('abort', () => this.#picture.close(), { once: true });
    // What is seen already need not go while it is being prepared.
    this.#picture.setInput(media.tracks.video);
  }

  /** The attributes are others than before. */
  update(): void {
    const element = this.#element;
    this.#told.passed('overlay');
    this.#picture.setOverlays(readOverlays(element, getComputedStyle(element), this.#server, (message) => this.#warn(message)));
    // From here on the picture says what is seen, also where nothing is drawn.
    this.#media.filterCamera(this.#filter);
  }

  readonly #filter = (camera: MediaStreamTrack | null): MediaStreamTrack | null => {
    this.#picture.setInput(camera);
    return this.#picture.output;
  };

  get #server(): string | null {
    try {
      return this.#origin();
    } catch {
      // Said where the room is joined.
      return null;
    }
  }

  #warn(message: string): void {
    const detail = { level: 'warn', message: `<${this.#element.localName}> ${message}` };
    this.#element.dispatchEvent(new CustomEvent('rtc-log', { detail, bubbles: true, composed: true }));
  }
}
