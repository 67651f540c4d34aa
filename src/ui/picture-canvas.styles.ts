import { css } from 'lit';

/** For the canvas of a `PictureCanvas`, which places itself from the upper left corner of whatever it stands in. */
export const pictureCanvasStyles = css`
  canvas.over {
    position: absolute;
    inset: 0 auto auto 0;
    z-index: 1;
    margin: 0;
    padding: 0;
    border: 0;
    background: none;
    overflow: visible;
    /* Of no size before it is laid over something. */
    inline-size: 0;
    block-size: 0;
    max-inline-size: none;
    max-block-size: none;
    transform-origin: 0 0;
    pointer-events: none;
  }
  canvas.over:popover-open {
    position: fixed;
  }
`;
