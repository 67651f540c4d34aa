import { css } from 'lit';

export const studioControlsStyles = css`
  :host {
    display: block;
    container-type: inline-size;
    min-block-size: 48px;
  }
  .bar,
  .group {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px;
  }
  .bar {
    gap: 8px 16px;
  }
  /* The panels stand at the far end where there is room. */
  .group:last-of-type {
    margin-inline-start: auto;
  }
  button {
    position: relative;
    padding: 0;
    inline-size: 48px;
    block-size: 48px;
    border-color: var(--_border);
  }
  button.device[aria-pressed='false'] {
    background: color-mix(in srgb, var(--_danger) 16%, var(--_surface));
    border-color: color-mix(in srgb, var(--_danger) 45%, transparent);
    color: var(--_danger);
  }
  button:not(.device):is([aria-pressed='true'], [aria-expanded='true']) {
    background: var(--_accent);
    border-color: transparent;
    color: var(--_on-accent);
  }
  .badge {
    position: absolute;
    inset-inline-end: -5px;
    inset-block-start: -5px;
    min-inline-size: 22px;
    padding-inline: 5px;
    border-radius: 999px;
    background: var(--_danger);
    color: var(--_on-danger);
    font-size: 0.75rem;
    line-height: 22px;
    text-align: center;
  }
  .level {
    position: relative;
    inline-size: 72px;
    block-size: 10px;
    border-radius: 5px;
    background: var(--_surface-2);
    box-shadow: inset 0 0 0 1px var(--_border);
  }
  .level > div {
    block-size: 100%;
    border-radius: inherit;
    overflow: hidden;
    background: linear-gradient(var(--rtc-level, #16a34a)) no-repeat;
    background-size: calc(var(--_level, 0) * 100%) 100%;
  }
  .level:dir(rtl) > div {
    background-position: right;
  }
  .level > span {
    display: none;
    position: absolute;
    inset-block-start: 12px;
    inset-inline-start: 0;
    font-size: 0.75rem;
    font-weight: 600;
    line-height: 1.2;
    white-space: nowrap;
  }
  :host(:state(clipping)) .level > div {
    background-image: linear-gradient(var(--_danger));
  }
  :host(:state(clipping)) .level > span {
    display: block;
  }
  @container (max-width: 420px) {
    .bar {
      gap: 8px;
      justify-content: space-between;
    }
    button {
      inline-size: 44px;
      block-size: 44px;
    }
    .group:last-of-type {
      margin-inline-start: 0;
    }
    .level {
      inline-size: 48px;
    }
  }
`;
