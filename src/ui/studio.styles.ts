import { css } from 'lit';

/** Forms of a studio's panels. */
export const studioFormStyles = css`
  :host {
    display: block;
    min-inline-size: 0;
  }
  .fields {
    display: grid;
    gap: 14px;
    padding: 16px;
  }
  fieldset {
    display: grid;
    gap: 12px;
    min-inline-size: 0;
    margin: 0;
    padding: 0;
    border: 0;
  }
  .pair {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(120px, 1fr));
    gap: 12px;
  }
  .field {
    display: grid;
    gap: 5px;
    min-inline-size: 0;
    font-size: 0.88rem;
    font-weight: 600;
  }
  .field > span {
    display: flex;
    justify-content: space-between;
    gap: 8px;
  }
  .field output {
    font-weight: 400;
    font-variant-numeric: tabular-nums;
  }
  select,
  textarea {
    min-block-size: 44px;
    inline-size: 100%;
    min-inline-size: 0;
    padding: 0.5em 0.7em;
    border: 1px solid var(--_border);
    border-radius: 10px;
    background: var(--_surface);
    color: inherit;
    font: inherit;
    font-weight: 400;
  }
  .field input {
    font-weight: 400;
    min-inline-size: 0;
  }
  textarea {
    min-block-size: 5.5em;
    resize: vertical;
  }
  input[type='range'] {
    min-block-size: 28px;
    padding: 0;
    accent-color: var(--_accent);
  }
  .switch {
    display: flex;
    align-items: center;
    gap: 10px;
    min-block-size: 32px;
    font-size: 0.92rem;
    cursor: pointer;
  }
  .switch input {
    flex: none;
    inline-size: 24px;
    min-block-size: 24px;
    block-size: 24px;
    margin: 0;
    padding: 0;
    accent-color: var(--_accent);
  }
  .switch:has(:disabled) {
    cursor: default;
  }
  :disabled {
    opacity: 0.6;
  }
  select:focus-visible,
  textarea:focus-visible,
  a:focus-visible {
    outline: var(--_focus);
    outline-offset: 2px;
  }
  p {
    margin: 0;
    color: var(--_text-2);
    font-size: 0.88rem;
  }
`;
