/** The devices that a kind of track is captured from. */
export const INPUTS = { audio: 'audioinput', video: 'videoinput' } as const;

/** Which device of a kind the user chose last, kept between visits where the browser lets the page keep anything. */
export class DeviceMemory {
  readonly #storage: () => Pick<Storage, 'getItem' | 'setItem'>;
  readonly #chosen = new Map<MediaDeviceKind, string>();

  /** @param storage may throw, as `localStorage` does where cookies are blocked */
  constructor(storage: () => Pick<Storage, 'getItem' | 'setItem'>) {
    this.#storage = storage;
  }

  get(kind: MediaDeviceKind): string | null {
    try {
      return this.#chosen.get(kind) ?? this.#storage().getItem(keyOf(kind));
    } catch {
      return null;
    }
  }

  /** The constraint that asks for it: with `exact` nothing else will do, with `ideal` anything else will. */
  wish(kind: MediaDeviceKind, how: 'exact' | 'ideal'): Pick<MediaTrackConstraints, 'deviceId'> {
    const deviceId = this.get(kind);
    return deviceId === null ? {} : { deviceId: { [how]: deviceId } };
  }

  set(kind: MediaDeviceKind, deviceId: string): void {
    this.#chosen.set(kind, deviceId);
    try {
      this.#storage().setItem(keyOf(kind), deviceId);
    } catch {
      // Full or forbidden: the choice holds for this page.
    }
  }
}

const keyOf = (kind: MediaDeviceKind): string => `glasscast.device.${kind}`;
