import { css } from 'lit';

export const devicePickerStyles = css`
  :host {
    display: block;
    min-inline-size: 0;
  }
  .fields {
    display: grid;
    gap: 12px;
  }
  label {
    display: grid;
    gap: 5px;
    min-inline-size: 0;
    font-size: 0.88rem;
    font-weight: 600;
  }
  .title {
    display: flex;
    align-items: center;
    gap: 0.45em;
  }
  .title svg {
    inline-size: 1.2em;
    block-size: 1.2em;
    color: var(--_text-2);
  }
  select {
    font: inherit;
    font-weight: 400;
    color: inherit;
    min-block-size: 44px;
    inline-size: 100%;
    min-inline-size: 0;
    padding: 0.4em 0.7em;
    border: 1px solid var(--_border);
    border-radius: 10px;
    background: var(--_surface);
    text-overflow: ellipsis;
  }
  select:focus-visible {
    outline: var(--_focus);
    outline-offset: 2px;
  }
  p {
    margin: 0;
    color: var(--_text-2);
    font-size: 0.9rem;
  }
`;
