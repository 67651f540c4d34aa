/** One thread of the detection pool: decodes pictures and has a detector of its own look at them, one at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import * as v from 'valibot';
import { DetectedFaceSchema, describeIssues } from '../../../src/protocol/index.ts';
import type { AnyPicture, Detection, ThreadData, ThreadMessage } from './detection.ts';
import type { Detector, DetectorFactory } from './detector.ts';
import { decodePicture, PictureError } from './picture-decoder.ts';

const FacesSchema = v.array(DetectedFaceSchema);

/** JSON knows no infinity. What is validated here comes out of a plug-in, and goes to other people. */
function firstEndless(value: unknown, path: string): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? null : path;
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    const found = firstEndless(inner, path === '' ? key : `${path}.${key}`);
    if (found !== null) return found;
  }
  return null;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function makeDetector({ detector: module }: ThreadData): Promise<Detector> {
  const { default: factory } = (module === null ? await import('./face-api-detector.ts') : await import(module)) as { default?: unknown };
  if (typeof factory !== 'function') throw new Error('its default export is no function that makes a detector');
  const detector = (await (factory as DetectorFactory)()) as Partial<Detector> | null | undefined;
  if (typeof detector?.detect !== 'function') throw new Error('what it makes is no detector: it has no method detect');
  return detector as Detector;
}

async function look(detector: Detector, given: AnyPicture): Promise<Detection> {
  const began = performance.now();
  const { picture, width, height } = 'encoded' in given ? await decodePicture(given.encoded) : { picture: given, ...given };
  const parsed = v.safeParse(FacesSchema, await detector.detect(picture));
  if (!parsed.success) {
    const [issue] = describeIssues(parsed.issues);
    throw new Error(`its answer is not as it should be: ${issue?.path ?? ''}: ${issue?.message ?? ''}`);
  }
  const endless = firstEndless(parsed.output, '');
  if (endless !== null) throw new Error(`its answer is not as it should be: ${endless}: is not finite`);
  return { faces: parsed.output, width, height, ms: Math.round((performance.now() - began) * 10) / 10 };
}

const port = parentPort;
if (port === null) throw new Error('a detector runs in a thread of its own');
const say = (message: ThreadMessage): void => port.postMessage(message);

makeDetector(workerData as ThreadData).then(
  (detector) => {
    port.on('message', (picture: AnyPicture | null) => {
      // The pool says so: what the detector holds outside of the thread is let go.
      if (picture === null) {
        Promise.resolve(detector.close?.()).finally(() => port.close());
        return;
      }
      look(detector, picture).then(
        (detection) => say({ type: 'found', detection }),
        (error: unknown) => say({ type: error instanceof PictureError ? 'refused' : 'broken', message: messageOf(error) }),
      );
    });
    say({ type: 'ready' });
  },
  (error: unknown) => {
    say({ type: 'unusable', message: messageOf(error) });
    port.close();
  },
);
