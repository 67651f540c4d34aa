/** The mirror that the settings ask for. */
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Hub } from '../hub/hub.ts';
import type { LiveOrigin } from '../origin/live-origin.ts';
import type { Log } from '../telemetry/log.ts';
import { HttpTarget } from './http-target.ts';
import { Mirror } from './mirror.ts';
import { S3Target } from './s3-target.ts';
import type { Fetch } from './uploader.ts';

interface Surroundings {
  readonly hub: Hub;
  readonly origin: LiveOrigin;
  readonly clock: Clock;
  readonly log: Log;
}

/** Null where nothing is mirrored. */
export function openMirror(config: Config, { hub, origin, clock, log }: Surroundings): Mirror | null {
  const { mirror: address, s3AccessKeyId, s3SecretAccessKey } = config;
  if (address === null) return null;
  const send: Fetch = (request) => fetch(request);
  const access = {
    endpoint: config.s3Endpoint,
    region: config.s3Region,
    accessKeyId: s3AccessKeyId ?? '',
    secretAccessKey: s3SecretAccessKey ?? '',
    sessionToken: config.s3SessionToken,
  };
  const target =
    address.protocol === 's3:' ? new S3Target(address, access, send) : new HttpTarget(address, config.mirrorAuthorization, send);
  const { mirrorDelete: deletes, mirrorRecorded: recordedOnly } = config;
  return new Mirror({ hub, origin, target, clock, log, deletes, recordedOnly });
}
