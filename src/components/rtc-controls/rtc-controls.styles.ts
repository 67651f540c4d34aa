import { css } from 'lit';

export const controlsStyles = css`
  :host {
    display: block;
    container-type: inline-size;
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    justify-content: center;
    gap: 8px;
  }
  button {
    position: relative;
    padding: 0;
    inline-size: 52px;
    block-size: 52px;
    background: var(--_surface-2);
    border-color: var(--_border);
  }
  button.device[aria-pressed='false'] {
    background: color-mix(in srgb, var(--_danger) 16%, var(--_surface));
    border-color: color-mix(in srgb, var(--_danger) 45%, transparent);
    color: var(--_danger);
  }
  button:is([aria-expanded='true'], .feature[aria-pressed='true']) {
    background: var(--_accent);
    border-color: transparent;
    color: var(--_on-accent);
  }
  button.danger {
    inline-size: 68px;
    border-color: transparent;
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
  @container (max-width: 560px) {
    button {
      inline-size: 48px;
      block-size: 48px;
    }
    button.danger {
      inline-size: 60px;
    }
  }
  @container (max-width: 260px) {
    .bar {
      gap: 6px;
    }
    button,
    button.danger {
      inline-size: 44px;
      block-size: 44px;
    }
  }
`;
