/** The version of the topics and payloads in this folder; every join carries it as `v`. */
export const WIRE_VERSION = 1;

/** All versions that this code can speak, newest first. */
export const WIRE_VERSIONS: readonly number[] = [WIRE_VERSION];
