import { css } from 'lit';

export const broadcasterStyles = css`
  :host {
    display: block;
    min-inline-size: 160px;
    container-type: inline-size;
  }
  .card {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    /* Not hidden, which would make a box of its own to scroll in: the bar sticks to the screen's lower edge. */
    overflow: clip;
    border: 1px solid var(--_border);
    border-radius: var(--_radius);
    background: var(--_surface);
    box-shadow: var(--_shadow);
  }
  .stage {
    position: relative;
    display: grid;
    grid-template: minmax(0, 1fr) / minmax(0, 1fr);
    place-items: center;
    aspect-ratio: var(--rtc-broadcaster-aspect-ratio, 16 / 9);
    /* Low enough that what is below it is seen too: the bar sticks to the screen's edge and would lie on it. */
    inline-size: 100%;
    max-block-size: max(200px, 44svh);
    background: var(--_stage);
    color: var(--_text-2);
  }
  .stage > * {
    grid-area: 1 / 1;
  }
  video {
    inline-size: 100%;
    block-size: 100%;
    /* Not cropped: what is seen here is what viewers see. */
    object-fit: contain;
  }
  .stage > [hidden] {
    display: none;
  }
  .mirrored {
    transform: scaleX(-1);
  }
  .inset {
    z-index: 1;
    place-self: end;
    inline-size: 25%;
    block-size: auto;
    margin: 2%;
    border-radius: 8px;
  }
  .paused {
    z-index: 1;
    display: grid;
    align-content: center;
    justify-items: center;
    gap: 6px;
    inline-size: 100%;
    block-size: 100%;
    padding: var(--_space);
    background: rgb(12 14 22 / 88%);
    color: #fff;
    text-align: center;
    overflow-wrap: anywhere;
  }
  .paused strong {
    font-size: clamp(1.1rem, 5cqi, 2rem);
    line-height: 1.2;
  }
  .placeholder {
    display: grid;
    justify-items: center;
    gap: var(--_space);
    padding: var(--_space);
    text-align: center;
  }
  .placeholder > svg {
    inline-size: 48px;
    block-size: 48px;
    opacity: 0.6;
  }
  .badges {
    place-self: start stretch;
    /* The mirrored video makes a layer of its own, which would cover what is not positioned. */
    position: relative;
    z-index: 2;
    display: flex;
    flex-wrap: wrap;
    justify-content: space-between;
    gap: 6px;
    margin: var(--_space);
  }
  .badge {
    display: flex;
    align-items: center;
    gap: 0.5em;
    padding: 0.3em 0.8em;
    border-radius: 999px;
    background: rgb(12 14 22 / 72%);
    color: #fff;
    font-size: 0.85rem;
    font-weight: 600;
    font-variant-numeric: tabular-nums;
  }
  .badge.plain::before {
    display: none;
  }
  .badge.recording {
    margin-inline-end: auto;
  }
  .badge.recording::before {
    background: #ff6b7d;
  }
  .badge::before {
    content: '';
    inline-size: 0.6em;
    block-size: 0.6em;
    border-radius: 50%;
    background: #9aa3b5;
  }
  .badge[data-state='live'] {
    background: var(--rtc-live, #c81e3a);
  }
  .badge[data-state='live']::before {
    background: #fff;
    animation: pulse 2s ease-in-out infinite;
  }
  .badge[data-state='requesting']::before,
  .badge[data-state='connecting']::before,
  .badge[data-state='reconnecting']::before {
    background: #f5b83d;
    animation: pulse 1s ease-in-out infinite;
  }
  @keyframes pulse {
    50% {
      opacity: 0.35;
    }
  }
  .body,
  .foot {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--_space);
    padding: var(--_space) var(--_space) 0;
  }
  .foot:not(:has(*)) {
    display: none;
  }
  rtc-panel {
    display: block;
    block-size: min(44dvb, 480px);
    margin-block-start: var(--_space);
    border-block: 1px solid var(--_border);
    border-radius: 0;
    box-shadow: none;
  }
  .later {
    margin: 0;
    padding: 16px;
    color: var(--_text-2);
    font-size: 0.92rem;
  }
  .bar {
    position: sticky;
    z-index: 3;
    inset-block-end: 0;
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    padding: var(--_space);
    padding-block-end: max(var(--_space), env(safe-area-inset-bottom));
    border-end-start-radius: var(--_radius);
    border-end-end-radius: var(--_radius);
    background: var(--_surface);
  }
  .go,
  .pause {
    flex: 2 1 9rem;
    min-block-size: 52px;
    font-size: 1.05rem;
  }
  .pause {
    flex-grow: 1;
    flex-basis: 7rem;
    border-color: var(--_border);
  }
  @container (min-width: 820px) {
    .card[data-panel] {
      grid-template-columns: minmax(0, 1fr) min(var(--rtc-panel-width, 320px), 40%);
      grid-template-rows: auto auto auto 1fr;
    }
    .card[data-panel] > * {
      grid-column: 1;
    }
    /* As tall as what stands beside it, and not the other way round. */
    .card[data-panel] > rtc-panel {
      grid-column: 2;
      grid-row: 1 / span 4;
      block-size: auto;
      min-block-size: 0;
      margin: 0;
      border-block: 0;
      border-inline-start: 1px solid var(--_border);
      contain: size;
    }
    .bar {
      align-self: end;
    }
  }
  .figures {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 20px;
    margin: 0;
  }
  .figures dt {
    color: var(--_text-2);
    font-size: 0.75rem;
  }
  .figures dd {
    margin: 0;
    font-weight: 600;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .notice {
    margin: 0;
    padding: 8px 12px;
    border-radius: 10px;
    background: color-mix(in srgb, #f5b83d 18%, var(--_surface));
    font-size: 0.9rem;
  }
  .share {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px var(--_space);
  }
  button[aria-disabled='true'] {
    opacity: 0.55;
    cursor: default;
  }
  .share a {
    flex: 1 1 10rem;
    padding-block: 4px;
    overflow: hidden;
    color: var(--_accent);
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  a:focus-visible {
    outline: var(--_focus);
    outline-offset: 2px;
  }
  @container (max-width: 480px) {
    .figures {
      gap: 4px 14px;
      font-size: 0.9rem;
    }
    /* The panel has figures of its own, and the preview stays in sight above it. */
    .card[data-panel] > .foot {
      display: none;
    }
  }
  @container (max-width: 280px) {
    .badges {
      margin: 6px;
    }
    .badge {
      font-size: 0.75rem;
    }
    .stage {
      aspect-ratio: auto;
      block-size: 132px;
    }
    .placeholder {
      place-self: end center;
      padding: 6px;
    }
    .placeholder > svg {
      display: none;
    }
    .placeholder button {
      font-size: 0.85rem;
    }
    .body,
    .foot {
      padding: 8px 8px 0;
    }
    .bar {
      padding: 8px;
    }
    .figures dd {
      white-space: normal;
    }
    button {
      padding-inline: 0.8em;
    }
  }
`;
