import { css } from 'lit';

/** Text fields. */
export const fieldStyles = css`
  input {
    min-block-size: 44px;
    inline-size: 100%;
    padding: 0.5em 0.9em;
    border: 1px solid var(--_border);
    border-radius: 10px;
    background: var(--_surface);
    color: inherit;
    font: inherit;
  }
  input:focus-visible {
    outline: var(--_focus);
    outline-offset: 2px;
  }
`;
