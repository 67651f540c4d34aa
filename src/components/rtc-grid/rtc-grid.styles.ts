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
  }
  .tiles {
    position: absolute;
    inset: 0;
    display: flex;
    flex-wrap: wrap;
    justify-content: center;
    align-content: center;
    gap: var(--rtc-grid-gap, 10px);
  }
  rtc-tile {
    flex: none;
    inline-size: var(--_tile-width, 100%);
    block-size: var(--_tile-height, 100%);
    aspect-ratio: auto;
  }
`;
