import type { DeviceList, DeviceOption } from './device-choice.ts';
import type { SlotTracks } from './slots.ts';

type Input = 'audioinput' | 'videoinput';

/** Stands for another entry of the list: what the system's settings say at the moment. */
const isAlias = (deviceId: string): boolean => deviceId === 'default' || deviceId === 'communications';

export interface Listing {
  readonly found: readonly MediaDeviceInfo[];
  readonly tracks: SlotTracks;
  /** Where sound was asked to come out: an id, '' for the system's own choice, null where nothing was asked. */
  readonly output: string | null;
  /** Whether a page may choose where sound comes out (`setSinkId`). */
  readonly hasOutputs: boolean;
  /** Names that were known earlier, by id: Firefox hides them again when nothing is live. Added to. */
  readonly labels: Map<string, string>;
}

/**
 * What there is to choose from, each device once, and what is live. The system's own choice of a speaker is the option with the
 * id ''; that of a microphone is the microphone that it stands for.
 */
export function listDevices(listing: Listing): DeviceList {
  const audiooutput = outputs(listing);
  const { output } = listing;
  return {
    audioinput: inputs(listing, 'audioinput'),
    videoinput: inputs(listing, 'videoinput'),
    audiooutput,
    live: {
      audioinput: liveInput(listing, 'audioinput', listing.tracks.audio),
      videoinput: liveInput(listing, 'videoinput', listing.tracks.video),
      // One that is unplugged plays nothing: the system's choice does, until it is back.
      audiooutput: output === null || audiooutput.some(({ deviceId }) => deviceId === output) ? output : '',
    },
  };
}

/** The device that a track is captured from, as the list names it. */
export function deviceOf(found: readonly MediaDeviceInfo[], kind: Input, track: MediaStreamTrack): string | null {
  const { deviceId } = track.getSettings();
  return deviceId ? resolve(found, kind, deviceId) : null;
}

/** Whether a track is captured from the system's own choice, and that is another device than before. */
export function hasMoved(
  before: readonly MediaDeviceInfo[],
  now: readonly MediaDeviceInfo[],
  kind: Input,
  track: MediaStreamTrack,
): boolean {
  const was = deviceOf(before, kind, track);
  return was !== null && !isAlias(was) && was !== deviceOf(now, kind, track);
}

function resolve(found: readonly MediaDeviceInfo[], kind: Input, deviceId: string): string {
  if (!isAlias(deviceId)) return deviceId;
  const alias = found.find((one) => one.kind === kind && one.deviceId === deviceId);
  const real = found.find((one) => one.kind === kind && !isAlias(one.deviceId) && one.groupId === alias?.groupId);
  return real?.deviceId ?? deviceId;
}

function liveInput({ found }: Listing, kind: Input, track: MediaStreamTrack | null): string | null {
  return track === null || track.readyState === 'ended' ? null : deviceOf(found, kind, track);
}

function inputs({ found, labels }: Listing, kind: Input): DeviceOption[] {
  return found
    .filter((one) => one.kind === kind && one.deviceId !== '' && resolve(found, kind, one.deviceId) === one.deviceId)
    .map((one) => option(one, labels));
}

function outputs({ found, hasOutputs, labels }: Listing): DeviceOption[] {
  const all = found.filter((one) => one.kind === 'audiooutput' && one.deviceId !== '');
  if (!hasOutputs || all.length === 0) return [];
  const own = all.find(({ deviceId }) => deviceId === 'default');
  return [{ deviceId: '', label: own?.label ?? '' }, ...all.filter(({ deviceId }) => !isAlias(deviceId)).map((one) => option(one, labels))];
}

function option({ deviceId, label }: MediaDeviceInfo, labels: Map<string, string>): DeviceOption {
  if (label !== '') labels.set(deviceId, label);
  return { deviceId, label: labels.get(deviceId) ?? '' };
}
