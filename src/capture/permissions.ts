type Device = 'camera' | 'microphone';

/** Whether the user, or the page's policy, has refused it for good. False where the browser does not say. */
export const isBlocked = async (device: Device): Promise<boolean> => (await stateOf(device)) === 'denied';

/** Whether it opens without a question. True where the browser does not say: the question that may come is no worse than being off air. */
export async function isGranted(device: Device): Promise<boolean> {
  const state = await stateOf(device);
  return state === null || state === 'granted';
}

async function stateOf(device: Device): Promise<PermissionState | null> {
  try {
    return (await navigator.permissions.query({ name: device })).state;
  } catch {
    // Firefox before 131 knows neither name.
    return null;
  }
}
