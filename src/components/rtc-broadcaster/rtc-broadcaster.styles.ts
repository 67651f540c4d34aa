import { css } from 'lit';

export const broadcasterStyles = css`
  :host {
    display: block;
    min-inline-size: 160px;
    container-type: inline-size;
  }
  .card {
    overflow: hidden;
    border: 1px solid var(--_border);
    border-radius: var(--_radius);
    background: var(--_surface);
    box-shadow: var(--_shadow);
  }
  .stage {
    position: relative;
    display: grid;
    place-items: center;
    aspect-ratio: var(--rtc-broadcaster-aspect-ratio, 16 / 9);
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
  .badge {
    place-self: start;
    /* The mirrored video makes a layer of its own, which would cover what is not positioned. */
    position: relative;
    z-index: 1;
    display: flex;
    align-items: center;
    gap: 0.5em;
    margin: var(--_space);
    padding: 0.3em 0.8em;
    border-radius: 999px;
    background: rgb(12 14 22 / 72%);
    color: #fff;
    font-size: 0.85rem;
    font-weight: 600;
    font-variant-numeric: tabular-nums;
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
  .body {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--_space);
    padding: var(--_space);
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--_space);
  }
  .go {
    flex: 1 1 9rem;
    min-block-size: 52px;
    font-size: 1.05rem;
  }
  .figures {
    display: flex;
    flex: 2 1 14rem;
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
    color: var(--_text-2);
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
  @container (max-width: 280px) {
    .badge {
      margin: 6px;
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
    .body {
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
