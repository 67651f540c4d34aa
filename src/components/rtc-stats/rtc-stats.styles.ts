import { css } from 'lit';

export const statsStyles = css`
  :host {
    display: block;
    min-inline-size: 0;
    background: var(--_surface);
    container-type: inline-size;
    font-size: 0.85rem;
  }
  .empty {
    margin: 0;
    padding: var(--_space);
    color: var(--_text-2);
    text-align: center;
  }
  table {
    inline-size: 100%;
    border-collapse: collapse;
    font-variant-numeric: tabular-nums;
  }
  th,
  td {
    padding: 8px 12px;
    border-block-end: 1px solid var(--_border);
    text-align: start;
    vertical-align: top;
  }
  thead th {
    color: var(--_text-2);
    font-size: 0.75rem;
    font-weight: 600;
    white-space: nowrap;
  }
  tbody tr:last-child > * {
    border-block-end: 0;
  }
  tbody th {
    max-inline-size: 14em;
    overflow-wrap: anywhere;
  }
  .line {
    display: block;
    white-space: nowrap;
  }
  .small {
    color: var(--_text-2);
    font-size: 0.75rem;
  }
  .quality > div {
    display: flex;
    gap: 0.45em;
  }
  .words::first-letter {
    text-transform: uppercase;
  }
  .mark {
    flex: none;
    inline-size: 0.7em;
    block-size: 0.7em;
    margin-block-start: 0.38em;
    border: 1.5px solid var(--_text-2);
    border-radius: 50%;
  }
  .mark.good {
    border-color: var(--rtc-good, #16803c);
    background: var(--rtc-good, #16803c);
  }
  .mark.fair {
    border-color: var(--rtc-fair, #b45309);
    background: linear-gradient(to top, var(--rtc-fair, #b45309) 50%, transparent 50%);
  }
  .mark.poor {
    border-color: var(--_danger);
    border-radius: 2px;
    background: var(--_danger);
  }
  @media (prefers-color-scheme: dark) {
    .mark.good {
      border-color: var(--rtc-good, #4ade80);
      background: var(--rtc-good, #4ade80);
    }
    .mark.fair {
      border-color: var(--rtc-fair, #fbbf24);
      background: linear-gradient(to top, var(--rtc-fair, #fbbf24) 50%, transparent 50%);
    }
    .mark.poor {
      border-color: #ff7b86;
      background: #ff7b86;
    }
  }
  /* Too narrow for columns: a card for each participant, with the columns' names within. */
  @container (max-width: 719px) {
    thead {
      position: absolute;
      inline-size: 1px;
      block-size: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
    table,
    tbody {
      display: block;
    }
    tbody tr {
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(min(100%, 120px), 1fr));
      gap: 8px 14px;
      padding: 12px 16px;
      border-block-end: 1px solid var(--_border);
    }
    tbody tr:last-child {
      border-block-end: 0;
    }
    tbody th,
    td {
      display: block;
      padding: 0;
      border: 0;
    }
    tbody th,
    td.quality {
      grid-column: 1 / -1;
      max-inline-size: none;
    }
    tbody th {
      font-size: 0.95rem;
    }
    td.quality {
      margin-block-start: -8px;
    }
    .line {
      white-space: normal;
    }
    /* The names of columns are read out with the cells as it is. */
    td[data-label]::before {
      content: attr(data-label);
      content: attr(data-label) / '';
      display: block;
      color: var(--_text-2);
      font-size: 0.75rem;
      font-weight: 600;
    }
  }
  @container (max-width: 239px) {
    tbody tr {
      padding: 10px;
    }
  }
`;
