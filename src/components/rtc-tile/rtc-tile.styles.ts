import { css } from 'lit';

export const tileStyles = css`
  :host {
    display: block;
    position: relative;
    min-inline-size: 0;
    aspect-ratio: 16 / 9;
    overflow: hidden;
    border-radius: var(--_radius);
    --_tile: var(--rtc-tile-background, #1d2230);
    background: var(--_tile);
    color: #f4f6fb;
    container-type: size;
    isolation: isolate;
  }
  video {
    position: absolute;
    inset: 0;
    inline-size: 100%;
    block-size: 100%;
    object-fit: var(--rtc-tile-fit, cover);
  }
  :host(:state(mirrored)) video {
    transform: scaleX(-1);
  }
  @container (min-aspect-ratio: 1/1) {
    :host(:state(upright)) video {
      object-fit: contain;
    }
  }
  :host(:state(screen)) video {
    object-fit: contain;
  }
  :host::after {
    content: '';
    position: absolute;
    inset: 0;
    border-radius: inherit;
    box-shadow: inset 0 0 0 3px var(--rtc-speaking, #4ade80);
    opacity: 0;
    pointer-events: none;
  }
  :host(:state(speaking))::after {
    opacity: 1;
  }
  @media (prefers-reduced-motion: no-preference) {
    :host::after {
      transition: opacity 160ms;
    }
  }
  :host(:state(dim)) video {
    filter: grayscale(0.6) brightness(0.6);
  }
  .avatar {
    position: absolute;
    inset: 0;
    display: grid;
    place-items: center;
    background: radial-gradient(circle at 50% 35%, rgb(255 255 255 / 9%), transparent 70%) var(--_tile);
  }
  .avatar span {
    display: grid;
    place-items: center;
    inline-size: clamp(34px, 36cqmin, 128px);
    aspect-ratio: 1;
    border-radius: 50%;
    background: var(--_tile-hue, var(--_accent));
    color: #fff;
    font-size: clamp(14px, 14cqmin, 50px);
    font-weight: 600;
    letter-spacing: 0.02em;
  }
  .avatar p {
    margin: 0;
    padding: 8px;
    font-size: clamp(0.72rem, 6cqmin, 1.1rem);
    text-align: center;
    text-wrap: balance;
  }
  .label {
    position: absolute;
    inset-inline-start: 8px;
    inset-block-end: 8px;
    max-inline-size: calc(100% - 16px);
    display: flex;
    align-items: center;
    gap: 6px;
    padding: 3px 9px;
    border-radius: 8px;
    background: rgb(12 14 22 / 68%);
    font-size: clamp(0.72rem, 4cqmin, 0.9rem);
    font-weight: 500;
  }
  .label .name {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .label svg {
    inline-size: 1.15em;
    block-size: 1.15em;
    flex: none;
    color: #ff9aa2;
  }
  .status {
    position: absolute;
    inset-inline: 8px;
    inset-block-start: 8px;
    justify-self: start;
    inline-size: fit-content;
    max-inline-size: calc(100% - 16px);
    padding: 3px 10px;
    border-radius: 999px;
    background: rgb(12 14 22 / 72%);
    font-size: 0.8rem;
  }
  .status::before {
    content: '';
    display: inline-block;
    inline-size: 0.6em;
    block-size: 0.6em;
    margin-inline-end: 0.5em;
    border-radius: 50%;
    background: #ffc555;
    animation: pulse 1.2s ease-in-out infinite alternate;
  }
  /* Connecting takes the blink of an eye, mostly. */
  .connecting,
  .connecting::before {
    animation-delay: 1s;
  }
  .connecting {
    animation: late 0s 1s backwards;
  }
  @keyframes late {
    from {
      visibility: hidden;
    }
  }
  @keyframes pulse {
    to {
      opacity: 0.25;
    }
  }
  @container (max-width: 140px) or (max-height: 100px) {
    .label {
      inset-inline-start: 4px;
      inset-block-end: 4px;
      padding: 1px 6px;
    }
    .status {
      inset-inline: 4px;
      inset-block-start: 4px;
    }
  }
  @container (max-width: 80px) {
    .label {
      display: none;
    }
  }
`;
