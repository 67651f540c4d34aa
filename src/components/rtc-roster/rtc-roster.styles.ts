import { css } from 'lit';

export const rosterStyles = css`
  :host {
    display: block;
    min-inline-size: 0;
    padding: 8px;
    background: var(--_surface);
    container-type: inline-size;
  }
  .count {
    margin: 0;
    padding: 4px 8px 8px;
    color: var(--_text-2);
    font-size: 0.9rem;
    font-variant-numeric: tabular-nums;
  }
  .count:focus-visible {
    outline: var(--_focus);
    border-radius: 8px;
  }
  ul {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .row {
    display: flex;
    align-items: center;
    gap: 4px;
  }
  /* Without a menu, and in line with those that have one. */
  .row.alone {
    padding-inline-end: 48px;
  }
  button.who {
    flex: 1;
    min-inline-size: 0;
    justify-content: start;
    gap: 8px;
    padding: 4px 8px;
    border-radius: 10px;
    background: none;
    font-weight: 500;
    text-align: start;
  }
  button.who:hover {
    background: var(--_surface-2);
  }
  .who .text {
    flex: 1;
    min-inline-size: 0;
  }
  .name,
  .trouble {
    display: block;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .trouble {
    color: var(--_text-2);
    font-size: 0.8rem;
    white-space: normal;
    overflow-wrap: anywhere;
  }
  .states {
    display: flex;
    flex: none;
    gap: 4px;
    color: var(--_text-2);
    font-size: 0.86rem;
  }
  .states .off {
    color: var(--_text);
  }
  .states .on {
    color: var(--_accent);
  }
  .speaking .name::before {
    content: '';
    display: inline-block;
    inline-size: 0.5em;
    block-size: 0.5em;
    margin-inline-end: 0.4em;
    border-radius: 50%;
    background: var(--_accent);
    vertical-align: 0.1em;
  }
  button.more {
    flex: none;
    padding: 0;
    background: none;
    font-size: 1.2rem;
    line-height: 1;
  }
  button.more:hover,
  button.more[aria-expanded='true'] {
    background: var(--_surface-2);
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
    margin: 2px 0 8px;
    padding-inline: 8px;
  }
  .actions button,
  .closing button {
    min-block-size: 36px;
    padding: 0.25em 0.9em;
    font-size: 0.88rem;
  }
  .actions button {
    border-color: var(--_border);
  }
  button.danger {
    border-color: transparent;
  }
  .ask {
    flex-basis: 100%;
    margin: 0;
    font-size: 0.9rem;
    overflow-wrap: anywhere;
  }
  .closing {
    margin-block-start: 10px;
    padding: 10px 0 2px;
    border-block-start: 1px solid var(--_border);
  }
  .closing > button {
    inline-size: 100%;
    border-radius: 12px;
  }
  @container (max-width: 240px) {
    .row.alone {
      padding-inline-end: 0;
    }
    button.who {
      flex-wrap: wrap;
      gap: 0 8px;
    }
    .who .text {
      flex-basis: 100%;
    }
    .name {
      white-space: normal;
      overflow-wrap: anywhere;
    }
  }
`;
