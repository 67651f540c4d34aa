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
    gap: 10px;
  }
  button {
    padding: 0;
    inline-size: 52px;
    block-size: 52px;
    background: var(--_surface-2);
    border-color: var(--_border);
  }
  button[aria-pressed='false'] {
    background: color-mix(in srgb, var(--_danger) 16%, var(--_surface));
    border-color: color-mix(in srgb, var(--_danger) 45%, transparent);
    color: var(--_danger);
  }
  button.danger {
    inline-size: 68px;
    border-color: transparent;
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
