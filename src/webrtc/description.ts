/** What a link reads in a description of the other side. */

/** Many times what the sections of a link take. */
const MAX_LENGTH = 256 * 1024;

/** Whether the description is of another connection than the one before, where there was one. */
export function isOfAnother(sdp: string, before: string | undefined): boolean {
  const fingerprint = fingerprintOf(sdp);
  return before !== undefined && fingerprint !== undefined && fingerprintOf(before) !== fingerprint;
}

/** Stays the same for the whole life of the other side's connection: it is that of its certificate. */
function fingerprintOf(sdp: string): string | undefined {
  return /^a=fingerprint:(.+)$/m.exec(sdp)?.[1]?.trim().toLowerCase();
}

/** Another one after each ICE restart. */
export function ufragOf(sdp: string): string | undefined {
  return /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1];
}

/** @throws TypeError for what no browser says, before this one has to look at it */
export function checkDescription(sdp: string): void {
  if (sdp.length > MAX_LENGTH || fingerprintOf(sdp) === undefined) throw new TypeError('Not the description of a link.');
}
