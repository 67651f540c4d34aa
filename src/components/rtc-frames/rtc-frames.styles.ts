import { css } from 'lit';

export const framesStyles = css`
  :host {
    position: relative;
    display: block;
    inline-size: 640px;
    max-inline-size: 100%;
    min-inline-size: 160px;
    container-type: inline-size;
  }
  /* Drawn over a video that may come later in the page. */
  :host([for]) {
    z-index: 1;
  }
  .card {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    overflow: clip;
    border: 1px solid var(--_border);
    border-radius: var(--_radius);
    background: var(--_surface);
  }
  .stage {
    position: relative;
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    background: var(--_stage);
    color: var(--_text-2);
  }
  .stage[hidden] {
    display: none;
  }
  ::slotted(*) {
    display: block;
    inline-size: 100%;
    max-inline-size: 100%;
    border-radius: 0;
  }
  .own {
    display: grid;
    aspect-ratio: 4 / 3;
  }
  .own > * {
    grid-area: 1 / 1;
    min-inline-size: 0;
    min-block-size: 0;
  }
  video {
    inline-size: 100%;
    block-size: 100%;
    object-fit: contain;
    transform: scaleX(-1);
  }
  .placeholder {
    display: grid;
    place-content: safe center;
    justify-items: center;
    gap: 10px;
    padding: var(--_space);
    overflow: auto;
    text-align: center;
  }
  .placeholder svg {
    inline-size: clamp(28px, 12cqi, 48px);
    block-size: clamp(28px, 12cqi, 48px);
    opacity: 0.6;
  }
  .placeholder p {
    margin: 0;
    max-inline-size: 34ch;
    font-size: clamp(0.82rem, 3cqi + 0.3rem, 1rem);
    text-wrap: balance;
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px var(--_space);
    padding: var(--_space);
  }
  .bar button {
    flex: none;
  }
  .state {
    display: inline-flex;
    align-items: center;
    gap: 0.5em;
    font-weight: 600;
  }
  .state::before {
    content: '';
    flex: none;
    inline-size: 0.6em;
    block-size: 0.6em;
    border-radius: 50%;
    background: var(--_text-2);
  }
  .state[data-state='running']::before {
    background: var(--rtc-good, #17834a);
  }
  .state[data-state='starting']::before,
  .state[data-state='connecting']::before,
  .state[data-state='reconnecting']::before {
    background: #d98a00;
    animation: pulse 1s ease-in-out infinite;
  }
  .state[data-state='failed']::before {
    background: var(--_danger);
  }
  @keyframes pulse {
    50% {
      opacity: 0.35;
    }
  }
  dl {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 18px;
    margin: 0;
    margin-inline-start: auto;
    font-variant-numeric: tabular-nums;
  }
  dl > div {
    display: grid;
    gap: 0;
  }
  dt {
    color: var(--_text-2);
    font-size: 0.75rem;
  }
  dd {
    margin: 0;
    font-size: 0.95rem;
    font-weight: 600;
    white-space: nowrap;
  }
  .notes {
    display: grid;
    gap: 8px;
    padding: 0 var(--_space) var(--_space);
  }
  @container (max-inline-size: 420px) {
    .bar {
      align-items: stretch;
      flex-direction: column;
    }
    dl {
      margin-inline-start: 0;
      justify-content: space-between;
    }
  }
`;
