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
    padding-block: 0.4em;
    padding-inline: 0.8em 2.2em;
    border: 1px solid var(--_border);
    border-radius: 10px;
    background: var(--_surface);
    text-overflow: ellipsis;
    appearance: none;
  }
  .box {
    display: grid;
    align-items: center;
  }
  .box > *,
  .box::after {
    grid-area: 1 / 1;
  }
  .box::after {
    content: '';
    justify-self: end;
    inline-size: 0.5em;
    block-size: 0.5em;
    margin-inline-end: 1em;
    margin-block-end: 0.3em;
    border: solid var(--_text-2);
    border-width: 0 2px 2px 0;
    transform: rotate(45deg);
    pointer-events: none;
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
