import type { GlasscastError } from '../protocol/errors.ts';

/** Detail of `rtc-error`. */
export type RtcErrorDetail = { readonly error: GlasscastError; readonly code: GlasscastError['code'] };

/** Detail of `rtc-state`. */
export type RtcStateDetail<State extends string = string> = { readonly state: State; readonly previous: State };

/** Detail of `rtc-log`: what a developer may want to know and no user needs to. */
export type RtcLogDetail = { readonly level: 'info' | 'warn'; readonly message: string; readonly cause?: unknown };
