import { html, nothing, type TemplateResult } from 'lit';
import { type ErrorCode, GlasscastError } from '../protocol/errors.ts';
import { messages } from './localize.ts';

/** What to do about each failure. The error's own message says what happened where that is not obvious from the code. */
const explanations = {
  'permission-denied': 'Camera and microphone are blocked. Allow them in the address bar, then try again.',
  'permission-dismissed': 'The question about camera and microphone was closed. Try again and choose “Allow”.',
  'device-not-found': 'No camera or microphone was found. Connect one, then try again.',
  'device-in-use': 'Another program is using the camera or microphone. Close it, then try again.',
  'insecure-context': 'Camera and microphone work only on secure pages. Open this page over https, or on localhost.',
  'token-expired': 'Your access has expired. Reload the page.',
  'room-full': 'This room is full. Try again when someone has left.',
  'room-not-found': 'There is no such room. Check the link.',
  kicked: 'You were removed, or the room was closed.',
  'ice-failed': 'No connection to {name}. A firewall may be in the way; the server may need TURN.',
  'stream-taken': 'Someone else is broadcasting under this name.',
  'stream-offline': 'Nobody is broadcasting right now.',
  'model-missing': 'A file that this effect needs is missing on the server.',
} as const satisfies Partial<Record<ErrorCode, string>>;

const msg = messages('error', explanations);

/** Plain words for an error, with what to do. */
export function errorText(error: { readonly code: ErrorCode; readonly message: string; readonly details?: unknown }): string {
  if (!(error.code in explanations)) return error.message;
  const details = error.details;
  const name = typeof details === 'object' && details !== null && 'name' in details ? String(details.name) : '…';
  return msg(error.code as keyof typeof explanations, { name });
}

/** Anything thrown, as the error type of the public API. */
export function toGlasscastError(cause: unknown, code: ErrorCode = 'server'): GlasscastError {
  if (cause instanceof GlasscastError) return cause;
  return new GlasscastError(code, cause instanceof Error ? cause.message : String(cause), { cause });
}

/**
 * The error for people, announced by screen readers. Style it with the `error` part and `errorStyles`.
 * @param action for example a button that tries again
 */
export function renderError(error: GlasscastError | null | undefined, action: unknown = nothing): TemplateResult | typeof nothing {
  if (!error) return nothing;
  return html`<div class="error" part="error" role="alert" data-code=${error.code}><span>${errorText(error)}</span>${action}</div>`;
}
