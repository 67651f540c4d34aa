import { css } from 'lit';

/**
 * The look that all elements share. A page sets the public `--rtc-*` properties on the element or on anything around it; inside,
 * styles use the private `--_*` ones, which fall back to a light or dark default.
 */
export const tokens = css`
  :host {
    --_accent: var(--rtc-accent, #4f46e5);
    --_on-accent: var(--rtc-on-accent, #fff);
    --_danger: var(--rtc-danger, #d92d3a);
    --_on-danger: var(--rtc-on-danger, #fff);
    --_surface: var(--rtc-surface, #fff);
    --_surface-2: var(--rtc-surface-2, #f1f3f8);
    --_stage: var(--rtc-stage, #e6e9f1);
    --_text: var(--rtc-text, #14171f);
    --_text-2: var(--rtc-text-2, #525a6b);
    --_border: var(--rtc-border, #d4d9e4);
    --_radius: var(--rtc-radius, 14px);
    --_space: var(--rtc-space, 12px);
    --_font: var(--rtc-font, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif);
    --_shadow: 0 1px 2px rgb(10 14 30 / 12%), 0 6px 24px rgb(10 14 30 / 10%);
    --_focus: 2px solid var(--_accent);
    box-sizing: border-box;
    color-scheme: light dark;
    font-family: var(--_font);
    line-height: 1.45;
    color: var(--_text);
  }
  :host([hidden]) {
    display: none !important;
  }
  @media (prefers-color-scheme: dark) {
    :host {
      --_accent: var(--rtc-accent, #818cf8);
      --_on-accent: var(--rtc-on-accent, #10122b);
      --_danger: var(--rtc-danger, #dd2b3b);
      --_on-danger: var(--rtc-on-danger, #fff);
      --_surface: var(--rtc-surface, #1b1f2a);
      --_surface-2: var(--rtc-surface-2, #272c3a);
      --_stage: var(--rtc-stage, #10131b);
      --_text: var(--rtc-text, #f2f4f9);
      --_text-2: var(--rtc-text-2, #a6aec0);
      --_border: var(--rtc-border, #363d4f);
      --_shadow: 0 1px 2px rgb(0 0 0 / 40%), 0 6px 24px rgb(0 0 0 / 30%);
    }
  }
  @media (prefers-contrast: more) {
    :host {
      --_border: currentcolor;
      --_text-2: var(--_text);
    }
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  .visually-hidden {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
    }
  }
`;

export const buttonStyles = css`
  button {
    font: inherit;
    color: inherit;
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.5em;
    min-block-size: 44px;
    min-inline-size: 44px;
    padding: 0.5em 1.1em;
    border: 1px solid transparent;
    border-radius: 999px;
    background: var(--_surface-2);
    font-weight: 600;
    cursor: pointer;
    transition: background-color 120ms, filter 120ms;
  }
  button:hover:not(:disabled) {
    filter: brightness(1.08);
  }
  button:disabled {
    opacity: 0.55;
    cursor: default;
  }
  button.primary {
    background: var(--_accent);
    color: var(--_on-accent);
  }
  button.danger {
    background: var(--_danger);
    color: var(--_on-danger);
  }
  button:focus-visible {
    outline: var(--_focus);
    outline-offset: 2px;
  }
  svg {
    inline-size: 1.35em;
    block-size: 1.35em;
    flex: none;
  }
`;

/** What `renderError` renders. */
export const errorStyles = css`
  .error {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 8px 12px;
    padding: 10px 14px;
    border-radius: 10px;
    border: 1px solid color-mix(in srgb, var(--_danger) 45%, transparent);
    background: color-mix(in srgb, var(--_danger) 14%, var(--_surface));
    color: var(--_text);
    font-size: 0.9rem;
  }
  /* A button stands beside the words where they still have room. */
  .error > :first-child {
    flex: 1 1 12rem;
    min-inline-size: 0;
  }
  .error button {
    min-block-size: 32px;
    padding: 0.25em 0.9em;
    background: var(--_surface);
    border-color: var(--_border);
  }
`;
