/** What the user may choose from. Labels are empty until the page may use a device of the kind. */
export interface DeviceOption {
  readonly deviceId: string;
  readonly label: string;
}

/** The devices of this computer, and which of them is live: `getSettings()` of the track, not what was asked for. */
export interface DeviceList {
  readonly audioinput: readonly DeviceOption[];
  readonly videoinput: readonly DeviceOption[];
  /** Empty where the browser does not let a page choose where sound comes out. */
  readonly audiooutput: readonly DeviceOption[];
  readonly live: Readonly<Record<MediaDeviceKind, string | null>>;
}

export const NO_DEVICES: DeviceList = {
  audioinput: [],
  videoinput: [],
  audiooutput: [],
  live: { audioinput: null, videoinput: null, audiooutput: null },
};
