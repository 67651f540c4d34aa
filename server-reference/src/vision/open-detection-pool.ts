/** What settings say of the detector, made into a pool. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import type { Clock } from '../clock.ts';
import { type Config, NO_DETECTOR } from '../config/config.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Log } from '../telemetry/log.ts';
import { DetectionPool } from './detection-pool.ts';

/** Nothing is loaded before the first picture. Null where no pictures are looked at. Throws {@link ConfigError}. */
export function openDetectionPool({ detector, detectorThreads, maxDetections }: Config, clock: Clock, log: Log): DetectionPool | null {
  if (detector === NO_DETECTOR) return null;
  if (detector !== null && !existsSync(detector))
    throw new ConfigError(`--detector ${detector}: there is no such file. Give the module of a detector, or none.`);
  return new DetectionPool({
    detector: detector === null ? null : pathToFileURL(detector).href,
    maxThreads: detectorThreads ?? availableParallelism(),
    maxWaiting: maxDetections,
    clock,
    log,
  });
}
