/** Fetching the Face Landmarker bundle, and words for what went wrong. */
import { GlasscastError } from '../../protocol/errors.ts';

const WHAT_TO_DO =
  'Run “npm run models” or “glasscast-server models” where the server runs, or set model to the address of a face_landmarker.task.';

/**
 * A `.task` is a ZIP archive. It is known by the record at its end (APPNOTE 4.3.16), since MediaPipe pads the first file's header to an even place.
 */
const END_RECORD = [0x50, 0x4b, 0x05, 0x06];
const END_RECORD_SIZE = 22;
const LONGEST_COMMENT = 0xffff;

/** Whether bytes are a ZIP archive, as opposed to a page that says that there is none. */
export function isArchive(bytes: Uint8Array): boolean {
  const last = bytes.length - END_RECORD_SIZE;
  for (let at = last; at >= Math.max(0, last - LONGEST_COMMENT); at -= 1)
    if (END_RECORD.every((byte, index) => bytes[at + index] === byte)) return true;
  return false;
}

/** @throws GlasscastError `model-missing` where there is none, `network` where it could not be asked for */
export async function fetchModel(address: string): Promise<Uint8Array> {
  const response = await fetchFile(address, 'the face model');
  if (!response.ok) {
    await response.body?.cancel();
    throw new GlasscastError('model-missing', `There is no face model at ${address} (status ${response.status}). ${WHAT_TO_DO}`);
  }
  const bytes = await response
    .arrayBuffer()
    .then((buffer) => new Uint8Array(buffer))
    .catch((cause: unknown) => {
      throw broken(address, cause);
    });
  if (!isArchive(bytes))
    throw new GlasscastError('model-missing', `What lies at ${address} is not a Face Landmarker bundle. ${WHAT_TO_DO}`);
  return bytes;
}

/** @throws GlasscastError `network` */
export async function fetchFile(address: string, what: string): Promise<Response> {
  try {
    return await fetch(address);
  } catch (cause) {
    throw new GlasscastError('network', `Nothing answered when ${what} was asked for at ${address}.`, { cause });
  }
}

const broken = (address: string, cause: unknown): GlasscastError =>
  new GlasscastError('network', `The face model at ${address} broke off on its way.`, { cause });
