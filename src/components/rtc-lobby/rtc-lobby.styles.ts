import { css } from 'lit';

export const lobbyStyles = css`
  :host {
    display: block;
    min-inline-size: 0;
    container-type: inline-size;
  }
  .lobby {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    align-items: start;
    gap: calc(var(--_space) * 1.5);
  }
  section,
  form {
    min-inline-size: 0;
    padding: clamp(12px, 4cqi, 22px);
    border: 1px solid var(--_border);
    border-radius: var(--_radius);
    background: var(--_surface);
  }
  h2 {
    margin: 0 0 12px;
    font-size: 1.1rem;
    line-height: 1.3;
  }
  h2:focus-visible {
    outline: var(--_focus);
    outline-offset: 4px;
    border-radius: 4px;
  }
  p {
    margin: 0;
  }
  .notice {
    padding-block: 6px;
    color: var(--_text-2);
    font-size: 0.95rem;
  }
  .error {
    margin-block-end: 12px;
  }
  ul {
    display: grid;
    gap: 8px;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .room {
    position: relative;
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    align-items: center;
    gap: 2px 14px;
    padding: 10px 14px;
    border: 1px solid var(--_border);
    border-radius: 12px;
  }
  .room:hover {
    border-color: var(--_accent);
    background: var(--_surface-2);
  }
  .open,
  button.open {
    display: block;
    grid-column: 1;
    min-inline-size: 0;
    min-block-size: 24px;
    padding: 0;
    border: 0;
    border-radius: 4px;
    background: none;
    color: inherit;
    font: inherit;
    font-weight: 650;
    text-align: start;
    text-decoration: none;
    overflow-wrap: anywhere;
  }
  /* The whole row opens the room. */
  .open::after {
    content: '';
    position: absolute;
    inset: 0;
    border-radius: 12px;
  }
  .open:focus-visible,
  button.open:focus-visible {
    outline: none;
  }
  .open:focus-visible::after {
    outline: var(--_focus);
    outline-offset: 2px;
  }
  .people {
    grid-column: 1;
    color: var(--_text-2);
    font-size: 0.9rem;
    overflow-wrap: anywhere;
  }
  .occupied .people::before {
    content: '';
    display: inline-block;
    inline-size: 0.55em;
    block-size: 0.55em;
    margin-inline-end: 0.5em;
    border-radius: 50%;
    background: #1f9d55;
    vertical-align: 0.08em;
  }
  .full .people::before {
    background: var(--_danger);
  }
  .count {
    grid-column: 2;
    grid-row: 2;
    color: var(--_text-2);
    font-size: 0.88rem;
    font-variant-numeric: tabular-nums;
    text-align: end;
  }
  .full .count {
    color: var(--_text);
    font-weight: 600;
  }
  .go {
    grid-column: 2;
    grid-row: 1;
    justify-self: end;
    color: var(--_accent);
    font-size: 0.92rem;
    font-weight: 650;
  }
  form {
    display: grid;
    gap: 14px;
  }
  form h2 {
    margin: 0;
  }
  form .primary {
    border-radius: 22px;
  }
  .field {
    display: grid;
    gap: 5px;
  }
  label {
    font-size: 0.92rem;
    font-weight: 600;
  }
  input {
    border-color: color-mix(in srgb, var(--_text-2) 70%, var(--_border));
  }
  input[aria-invalid='true'] {
    border-color: var(--_danger);
  }
  .hint,
  .problem {
    font-size: 0.86rem;
    overflow-wrap: anywhere;
  }
  .hint {
    color: var(--_text-2);
  }
  .problem {
    font-weight: 600;
  }
  .problem:not(:empty)::before {
    content: '!';
    display: inline-grid;
    place-items: center;
    inline-size: 1.25em;
    block-size: 1.25em;
    margin-inline-end: 0.4em;
    border-radius: 50%;
    background: var(--_danger);
    color: var(--_on-danger);
    font-weight: 700;
  }
  .hint:empty,
  form > .problem:empty {
    display: none;
  }
  @container (min-width: 700px) {
    .lobby {
      grid-template-columns: minmax(0, 1fr) minmax(0, 320px);
    }
  }
  @container (max-width: 260px) {
    .room {
      grid-template-columns: minmax(0, 1fr);
      padding: 8px 10px;
    }
    .count {
      grid-column: 1;
      grid-row: auto;
      text-align: start;
    }
    .go {
      display: none;
    }
  }
`;
