import { css } from 'lit';

export const hlsViewerStyles = css`
  :host {
    position: relative;
    display: inline-block;
    inline-size: 640px;
    max-inline-size: 100%;
    min-inline-size: 160px;
    aspect-ratio: 16 / 9;
    overflow: hidden;
    border-radius: var(--_radius);
    background: var(--rtc-viewer-background, #0b0d13);
    color: #fff;
    vertical-align: bottom;
  }
  :host(:fullscreen) {
    inline-size: 100%;
    block-size: 100%;
    border-radius: 0;
  }
  video {
    display: block;
    inline-size: 100%;
    block-size: 100%;
    object-fit: var(--rtc-viewer-fit, contain);
  }
  .curtain {
    position: absolute;
    inset: 0;
    display: grid;
    /* Words that do not fit are scrolled to, not cut at both ends. */
    place-content: safe center;
    justify-items: center;
    gap: 14px;
    padding: 16px;
    overflow: auto;
    container-type: size;
    text-align: center;
    background: rgb(8 10 16 / 55%);
    pointer-events: none;
  }
  .curtain.clear {
    background: none;
  }
  .curtain p {
    margin: 0;
    font-size: clamp(0.85rem, 3.2cqi + 0.3rem, 1.15rem);
    max-inline-size: 34ch;
    text-wrap: balance;
  }
  .curtain .error {
    pointer-events: auto;
    text-align: start;
    max-inline-size: 46ch;
    color: var(--_text);
    background: var(--_surface);
  }
  .pulse {
    inline-size: 10px;
    block-size: 10px;
    border-radius: 50%;
    background: currentColor;
    opacity: 0.9;
    animation: pulse 1.6s ease-in-out infinite;
  }
  @keyframes pulse {
    50% {
      opacity: 0.25;
      scale: 0.7;
    }
  }
  /* In a small picture the failure takes all of it. */
  @container (max-block-size: 160px) {
    .error {
      padding: 6px 8px;
      font-size: 0.8rem;
    }
    .start {
      inline-size: 56px;
      block-size: 56px;
    }
  }
  button {
    display: inline-flex;
    align-items: center;
    gap: 0.5em;
    min-block-size: 44px;
    padding: 0.5em 1.1em;
    border: 1px solid rgb(255 255 255 / 30%);
    border-radius: 999px;
    background: rgb(12 14 22 / 78%);
    color: #fff;
    font: inherit;
    font-size: 0.95rem;
    font-weight: 600;
    cursor: pointer;
    pointer-events: auto;
  }
  button:hover {
    background: rgb(32 36 50 / 92%);
  }
  button:focus-visible {
    outline: 3px solid #fff;
    outline-offset: 2px;
  }
  button svg {
    inline-size: 1.35em;
    block-size: 1.35em;
    flex: none;
  }
  video:focus-visible {
    outline: 3px solid #fff;
    outline-offset: -3px;
  }
  .unmute {
    position: absolute;
    inset-block-start: 12px;
    inset-inline-start: 12px;
  }
  .start {
    inline-size: 72px;
    block-size: 72px;
    justify-content: center;
    padding: 0;
  }
  .start svg {
    inline-size: 34px;
    block-size: 34px;
  }
`;
