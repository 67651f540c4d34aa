import { css } from 'lit';

export const prejoinStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    inline-size: min(100%, 400px);
    min-inline-size: 0;
    min-block-size: 12rem;
    container-type: inline-size;
    --_level-colour: var(--rtc-level, #15803d);
  }
  @media (prefers-color-scheme: dark) {
    :host {
      --_level-colour: var(--rtc-level, #4ade80);
    }
  }
  :host(:state(previewing)) {
    inline-size: min(100%, 820px);
  }
  :host(:state(joined)) {
    display: none;
  }
  form {
    --_gap: clamp(8px, 3cqi, 16px);
    --_inset: clamp(10px, 5cqi, 24px);
    display: flex;
    flex-direction: column;
    min-block-size: 0;
    border-radius: var(--_radius);
    background: var(--_surface);
    box-shadow: var(--_shadow);
  }
  /* Where there is little room this scrolls, and the button that joins stays in sight below it. */
  .fields {
    display: grid;
    gap: var(--_gap);
    min-block-size: 0;
    padding: var(--_inset) var(--_inset) 4px;
    overflow: auto;
    overscroll-behavior: contain;
    scrollbar-width: thin;
  }
  h2 {
    margin: 0;
    font-size: clamp(1.05rem, 6cqi, 1.4rem);
    line-height: 1.2;
    overflow-wrap: anywhere;
  }
  p {
    margin: 0;
    color: var(--_text-2);
    font-size: 0.92rem;
  }
  .column {
    display: grid;
    align-content: start;
    gap: clamp(8px, 3cqi, 14px);
    min-inline-size: 0;
  }
  .name {
    display: grid;
    gap: 6px;
    font-size: 0.9rem;
    font-weight: 600;
  }
  input {
    min-inline-size: 0;
    font-weight: 400;
  }
  .stage {
    position: relative;
    aspect-ratio: 16 / 9;
    overflow: hidden;
    border-radius: calc(var(--_radius) - 4px);
    background: #1d2230;
    color: #f4f6fb;
  }
  video {
    position: absolute;
    inset: 0;
    inline-size: 100%;
    block-size: 100%;
    object-fit: cover;
  }
  video.mirrored {
    transform: scaleX(-1);
  }
  .off {
    position: absolute;
    inset: 0;
    display: grid;
    place-content: center;
    padding: 10px;
    background: #1d2230;
    font-size: 0.92rem;
    text-align: center;
  }
  .devices {
    display: flex;
    align-items: center;
    gap: 10px;
  }
  .devices button {
    flex: none;
    padding: 0;
    inline-size: 48px;
    block-size: 48px;
    border-color: var(--_border);
  }
  .devices button[aria-pressed='false'] {
    background: color-mix(in srgb, var(--_danger) 16%, var(--_surface));
    border-color: color-mix(in srgb, var(--_danger) 45%, transparent);
    color: var(--_danger);
  }
  .level {
    flex: 1;
    min-inline-size: 24px;
    block-size: 10px;
    overflow: hidden;
    border-radius: 999px;
    background: var(--_surface-2);
    box-shadow: inset 0 0 0 1px var(--_border);
  }
  .level div {
    inline-size: calc(var(--_level, 0) * 100%);
    block-size: 100%;
    border-radius: inherit;
    background: var(--_level-colour);
  }
  button.check,
  button.primary {
    inline-size: 100%;
    border-radius: 22px;
  }
  button.primary {
    flex: none;
    inline-size: calc(100% - 2 * var(--_inset));
    margin: var(--_gap) var(--_inset) var(--_inset);
  }
  @container (min-width: 620px) {
    .previewing .fields {
      grid-template-columns: minmax(0, 1.25fr) minmax(0, 1fr);
    }
    .previewing h2 {
      grid-column: 1 / -1;
    }
    .previewing .primary {
      align-self: end;
      inline-size: calc((100% - 2 * var(--_inset) - var(--_gap)) / 2.25);
    }
  }
  @container (max-width: 260px) {
    button {
      padding-inline: 0.6em;
      min-inline-size: 0;
      overflow-wrap: anywhere;
      line-height: 1.25;
    }
    button.check {
      padding-inline: 0.2em;
      font-size: 0.85rem;
    }
    .check svg {
      display: none;
    }
    .devices {
      gap: 6px;
    }
    .devices button {
      inline-size: 44px;
      block-size: 44px;
    }
  }
`;
