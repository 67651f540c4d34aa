/** A computer whose microphones and cameras a test plugs in and out. Tracks and permission prompts behave as Chromium's do. */
type Input = 'audioinput' | 'videoinput';

export class FakeTrack extends EventTarget {
  readonly kind: string;
  readonly deviceId: string;
  readonly asked: MediaTrackConstraints;
  settings: MediaTrackSettings;
  contentHint = '';
  enabled = true;
  muted = false;
  readyState = 'live';
  readonly applied: MediaTrackConstraints[] = [];
  applies: 'all' | 'nothing' | 'refuses' = 'all';

  constructor(kind: string, deviceId: string, asked: MediaTrackConstraints = {}) {
    super();
    this.kind = kind;
    this.deviceId = deviceId;
    this.asked = asked;
    this.settings = { ...onlyBooleans(asked) };
  }

  getSettings(): MediaTrackSettings {
    return { ...this.settings, deviceId: this.deviceId };
  }

  async applyConstraints(constraints: MediaTrackConstraints): Promise<void> {
    this.applied.push(constraints);
    if (this.applies === 'refuses') throw new DOMException('', 'OverconstrainedError');
    if (this.applies === 'all') this.settings = { ...this.settings, ...onlyBooleans(constraints) };
  }

  stop(): void {
    this.readyState = 'ended';
  }

  /** Ends as an unplugged device's does. */
  end(): void {
    if (this.readyState === 'ended') return;
    this.readyState = 'ended';
    this.dispatchEvent(new Event('ended'));
  }
}

interface Answer {
  grant(): void;
  refuse(name: string, message: string): void;
}

export class FakeDevices extends EventTarget {
  readonly asked: string[] = [];
  readonly granted: FakeTrack[] = [];
  /** Devices that another program holds. */
  readonly busy = new Set<string>();
  /** Whether only one camera opens at a time, as on phones. */
  oneCamera = false;
  /** Whether each request waits for `grant()` or `refuse()`. */
  prompts = false;
  lists = 0;
  readonly #plugged: MediaDeviceInfo[] = [];
  readonly #answers: Answer[] = [];

  /** @param plugged as `kind:id`, or `kind:id:group` */
  constructor(...plugged: string[]) {
    super();
    for (const device of plugged) this.#plugged.push(infoOf(device));
  }

  get asDevices(): MediaDevices {
    return this as unknown as MediaDevices;
  }

  get live(): string[] {
    return this.granted.filter(({ readyState }) => readyState === 'live').map(({ deviceId }) => deviceId);
  }

  plug(...devices: string[]): void {
    for (const device of devices) this.#plugged.push(infoOf(device));
    this.dispatchEvent(new Event('devicechange'));
  }

  unplug(deviceId: string): void {
    const at = this.#plugged.findIndex((one) => one.deviceId === deviceId);
    if (at === -1) throw new Error(`${deviceId} is not plugged in`);
    this.#plugged.splice(at, 1);
    for (const track of this.granted) if (track.deviceId === deviceId) track.end();
    this.dispatchEvent(new Event('devicechange'));
  }

  /** Everything is other than before, all at once. */
  replug(...devices: string[]): void {
    this.#plugged.splice(0, Number.POSITIVE_INFINITY, ...devices.map(infoOf));
    this.dispatchEvent(new Event('devicechange'));
  }

  async grant(): Promise<void> {
    (await this.#answer()).grant();
    await settle();
  }

  async refuse(name: string, message = ''): Promise<void> {
    (await this.#answer()).refuse(name, message);
    await settle();
  }

  enumerateDevices = async (): Promise<MediaDeviceInfo[]> => {
    this.lists++;
    return [...this.#plugged];
  };

  readonly getUserMedia = (constraints: MediaStreamConstraints): Promise<MediaStream> => {
    const kinds = (['audio', 'video'] as const).filter((kind) => constraints[kind]);
    this.asked.push(kinds.map((kind) => described(kind, constraints[kind] as MediaTrackConstraints)).join('+'));
    const open = (): MediaStream => {
      const tracks = kinds.map((kind) => this.#open(kind, constraints[kind] as MediaTrackConstraints));
      this.granted.push(...tracks);
      return { getTracks: () => tracks } as unknown as MediaStream;
    };
    if (!this.prompts) return Promise.resolve().then(open);
    return new Promise((resolve, reject) => {
      const grant = (): void => resolve(Promise.resolve().then(open));
      this.#answers.push({ grant, refuse: (name, message) => reject(new DOMException(message, name)) });
    });
  };

  async #answer(): Promise<Answer> {
    for (;;) {
      const answer = this.#answers.shift();
      if (answer !== undefined) return answer;
      await settle();
    }
  }

  #open(kind: 'audio' | 'video', asked: MediaTrackConstraints): FakeTrack {
    const input: Input = kind === 'audio' ? 'audioinput' : 'videoinput';
    const all = this.#plugged.filter((one) => one.kind === input);
    const { exact } = wishOf(asked);
    // The user's settings overrule an ideal device.
    const found = exact === undefined ? all[0] : all.find(({ deviceId }) => deviceId === exact);
    if (found === undefined) throw new DOMException('', exact === undefined ? 'NotFoundError' : 'OverconstrainedError');
    const held = this.granted.some((track) => track.kind === 'video' && track.readyState === 'live');
    if (this.busy.has(found.deviceId) || (this.oneCamera && kind === 'video' && held)) throw new DOMException('', 'NotReadableError');
    return new FakeTrack(kind, found.deviceId, asked);
  }
}

export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Resolves when it is so; the test's own time limit ends the wait. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await settle();
}

function infoOf(device: string): MediaDeviceInfo {
  const [kind = '', deviceId = '', groupId = deviceId] = device.split(':');
  return { kind, deviceId, groupId, label: deviceId === '' ? '' : `The ${deviceId}` } as MediaDeviceInfo;
}

function wishOf({ deviceId }: MediaTrackConstraints): { exact?: unknown; ideal?: unknown } {
  return typeof deviceId === 'object' ? (deviceId as { exact?: unknown; ideal?: unknown }) : { ideal: deviceId };
}

function described(kind: string, constraints: MediaTrackConstraints): string {
  const { exact, ideal } = wishOf(constraints);
  return `${kind}${exact === undefined ? '' : `=${String(exact)}`}${ideal === undefined ? '' : `~${String(ideal)}`}`;
}

function onlyBooleans(constraints: MediaTrackConstraints): MediaTrackSettings {
  return Object.fromEntries(Object.entries(constraints).filter(([, value]) => typeof value === 'boolean'));
}
