import { css } from 'lit';

export const roomStyles = css`
  :host {
    display: block;
    position: relative;
    inline-size: 100%;
    min-inline-size: 160px;
    block-size: clamp(300px, 70vb, 760px);
    border-radius: calc(var(--_radius) + 6px);
    background: var(--_stage);
    overflow: hidden;
    container-type: size;
  }
  .room {
    position: absolute;
    inset: 0;
    display: flex;
    flex-direction: column;
    gap: var(--_inset);
    padding: var(--_inset);
    --_inset: var(--_space);
  }
  .room[data-own] {
    display: block;
    overflow: auto;
  }
  .main,
  .stage {
    flex: 1;
    min-block-size: 0;
    min-inline-size: 0;
    position: relative;
    display: flex;
    gap: var(--_space);
  }
  .stage > * {
    flex: 1;
    min-inline-size: 0;
  }
  rtc-panel {
    flex: none;
    inline-size: min(var(--rtc-panel-width, 320px), 45cqi);
  }
  .notices {
    display: grid;
    gap: 8px;
    justify-items: center;
  }
  .notices:not(:has(*)) {
    display: none;
  }
  /* What only says how things are moves no picture. */
  .notices:not(:has(> :not(.notice))) {
    position: absolute;
    z-index: 2;
    inset-inline: calc(var(--_space) + 8px);
    inset-block-start: calc(var(--_space) + 8px);
    pointer-events: none;
  }
  .notices > * {
    max-inline-size: min(640px, 100%);
  }
  .notice {
    padding: 6px 14px;
    border-radius: 999px;
    background: var(--_surface);
    font-size: 0.88rem;
    text-align: center;
    text-wrap: balance;
  }
  .remedies {
    display: flex;
    gap: 8px;
    margin-inline-start: auto;
  }
  .error .dismiss {
    min-inline-size: 32px;
    padding: 0;
    border: 0;
    background: none;
    font-size: 1.25rem;
    line-height: 1;
  }
  .prejoin {
    flex: 1;
    min-block-size: 0;
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: safe center;
    /* As wide as the room: the form's shadow ends where the room does. */
    margin: 0 calc(-1 * var(--_inset)) calc(-1 * var(--_inset));
    padding: 0 var(--_inset) var(--_inset);
    overflow: auto;
  }
  @container (max-width: 640px) {
    rtc-panel {
      position: absolute;
      inset: 0;
      z-index: 2;
      inline-size: auto;
    }
    /* The keyboard goes to nothing that the panel covers. */
    .stage:has(+ rtc-panel) {
      visibility: hidden;
    }
  }
  @container (max-width: 260px) {
    .room {
      --_inset: 6px;
    }
  }
`;
