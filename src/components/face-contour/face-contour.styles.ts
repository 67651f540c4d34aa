import { css } from 'lit';

export const contourStyles = css`
  :host {
    position: relative;
    display: inline-block;
    max-inline-size: 100%;
    vertical-align: bottom;
  }
  /* With nothing of its own to show it takes no place. */
  :host([for]) {
    display: block;
  }
  :host(:fullscreen) {
    display: grid;
    place-items: center;
    background: #000;
  }
  :host(:fullscreen) ::slotted(*) {
    inline-size: 100%;
    block-size: 100%;
    object-fit: contain;
  }
  ::slotted(video) {
    display: block;
    max-inline-size: 100%;
  }
  .notes {
    padding-block-start: 8px;
    /* Words do not make the picture wider. */
    inline-size: 0;
    min-inline-size: 100%;
  }
  :host([for]) .notes {
    inline-size: auto;
  }
`;
