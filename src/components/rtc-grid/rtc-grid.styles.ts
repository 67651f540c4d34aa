import { css } from 'lit';

export const gridStyles = css`
  :host {
    display: block;
    position: relative;
    min-inline-size: 0;
    min-block-size: 0;
    inline-size: 100%;
    block-size: 100%;
    overflow: hidden;
    container-type: size;
  }
  .tiles {
    position: absolute;
    inset: 0;
    display: flex;
    flex-wrap: wrap;
    justify-content: safe center;
    align-content: safe center;
    gap: var(--rtc-grid-gap, 10px);
    overflow: auto;
    overscroll-behavior: contain;
    scrollbar-width: thin;
  }
  rtc-tile {
    flex: none;
    inline-size: var(--_tile-width, 100%);
    block-size: var(--_tile-height, 100%);
    aspect-ratio: auto;
  }
  /* Between a change of the box and its measuring: what overflows for a moment would be a stop of the keyboard. */
  .tiles:not(.spotlight) rtc-tile {
    max-block-size: 100%;
  }
  /* Two people on a phone, or in very little room: the other one fills it, oneself is in the corner. */
  @container (max-width: 300px) or ((max-width: 480px) and (max-aspect-ratio: 1/1)) {
    .pair rtc-tile {
      inline-size: 100%;
      block-size: 100%;
    }
    .pair rtc-tile:first-child {
      position: absolute;
      z-index: 1;
      inset-inline-end: 8px;
      inset-block-end: 8px;
      inline-size: max(28%, 48px);
      block-size: auto;
      aspect-ratio: 3 / 4;
      box-shadow: 0 2px 14px rgb(0 0 0 / 45%);
    }
  }
`;
