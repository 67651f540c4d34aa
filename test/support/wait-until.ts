/** As the one of `@open-wc/testing`, which allows a second: how long it takes is seldom the point, and browsers on busy machines take more. */
import { waitUntil as wait } from '@open-wc/testing';

/** Less than a test may take: its words are then told, and not the runner's. */
const PATIENCE_MS = 15_000;

export const waitUntil = (predicate: () => unknown, message?: string): Promise<void> => wait(predicate, message, { timeout: PATIENCE_MS });
