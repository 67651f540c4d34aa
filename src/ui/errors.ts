import { html, nothing, type TemplateResult } from 'lit';
import { type ErrorCode, GlasscastError } from '../protocol/errors.ts';
import { fill, translated } from './localize.ts';

/**
 * Plain words for an error, with what to do: its own message, or the translation of `error.<code>`, where `{message}` is the message
 * and `{name}` whom it concerns.
 */
export function errorText(error: { readonly code: ErrorCode; readonly message: string; readonly details?: unknown }): string {
  const { code, details, message } = error;
  const name = typeof details === 'object' && details !== null && 'name' in details ? String(details.name) : '';
  return fill(translated(`error.${code}`) ?? message, { name, message });
}

/** Anything thrown, as the error type of the public API. */
export function toGlasscastError(cause: unknown, code: ErrorCode = 'server'): GlasscastError {
  if (cause instanceof GlasscastError) return cause;
  return new GlasscastError(code, cause instanceof Error ? cause.message : String(cause), { cause });
}

/**
 * The error for people, announced by screen readers. Style it with the `error` part and `errorStyles`.
 * @param action for example a button that tries again
 * @param text instead of the error's own words
 */
export function renderError(
  error: GlasscastError | null | undefined,
  action: unknown = nothing,
  text?: string,
): TemplateResult | typeof nothing {
  if (!error) return nothing;
  return html`<div class="error" part="error" role="alert" data-code=${error.code}><span>${text ?? errorText(error)}</span>${action}</div>`;
}
