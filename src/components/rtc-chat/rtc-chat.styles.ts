import { css } from 'lit';

export const chatStyles = css`
  :host {
    display: flex;
    flex: 1 1 0;
    flex-direction: column;
    position: relative;
    min-inline-size: 0;
    min-block-size: 140px;
    block-size: clamp(240px, 60vb, 560px);
    background: var(--_surface);
    container-type: inline-size;
  }
  .log {
    flex: 1;
    min-block-size: 0;
    overflow: auto;
    overscroll-behavior: contain;
    padding: var(--_space);
    scrollbar-width: thin;
  }
  .log:focus-visible,
  textarea:focus-visible {
    outline: var(--_focus);
    outline-offset: -2px;
  }
  .empty {
    margin: 0;
    padding-block: 18%;
    color: var(--_text-2);
    font-size: 0.92rem;
    text-align: center;
    text-wrap: balance;
  }
  ol {
    display: flex;
    flex-direction: column;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .message {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    justify-items: start;
    gap: 2px;
    margin-block-start: 12px;
    min-inline-size: 0;
  }
  .message:first-child {
    margin-block-start: 0;
  }
  .message.follows {
    margin-block-start: 3px;
  }
  .own {
    justify-items: end;
  }
  .head {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 0 8px;
    max-inline-size: 100%;
    padding-inline: 4px;
    font-size: 0.8rem;
  }
  .name {
    min-inline-size: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-weight: 650;
  }
  time {
    color: var(--_text-2);
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .line {
    display: flex;
    align-items: center;
    gap: 2px;
    max-inline-size: 100%;
    min-inline-size: 0;
  }
  .own .line {
    flex-direction: row-reverse;
  }
  .body {
    margin: 0;
    min-inline-size: 0;
    padding: 7px 12px;
    border-radius: 14px;
    background: var(--_surface-2);
    overflow-wrap: anywhere;
    white-space: pre-wrap;
    font-size: 0.95rem;
  }
  .own .body {
    background: color-mix(in srgb, var(--_accent) 16%, var(--_surface));
  }
  .body a {
    color: inherit;
    text-decoration: underline;
    text-underline-offset: 0.15em;
  }
  .body a:focus-visible {
    outline: var(--_focus);
    outline-offset: 1px;
    border-radius: 3px;
  }
  button.icon {
    flex: none;
    min-inline-size: 28px;
    min-block-size: 28px;
    padding: 0;
    background: none;
    color: var(--_text-2);
    font-size: 0.82rem;
  }
  @media (hover: hover) {
    .delete {
      opacity: 0;
    }
    .message:hover .delete,
    .message:focus-within .delete {
      opacity: 1;
    }
  }
  .state {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: end;
    gap: 2px 8px;
    padding-inline: 4px;
    color: var(--_text-2);
    font-size: 0.8rem;
    text-align: end;
  }
  .state.failed span {
    color: var(--_text);
  }
  .state.failed span::before {
    content: '!';
    display: inline-grid;
    place-items: center;
    inline-size: 1.25em;
    block-size: 1.25em;
    margin-inline-end: 0.4em;
    border-radius: 50%;
    background: var(--_danger);
    color: var(--_on-danger);
    font-weight: 700;
  }
  button.again {
    min-block-size: 28px;
    padding: 0.1em 0.8em;
    border-color: var(--_border);
    font-size: 0.8rem;
  }
  .newer {
    position: absolute;
    z-index: 1;
    inset-block-end: calc(100% + 8px);
    inset-inline: 0;
    margin-inline: auto;
    inline-size: fit-content;
    max-inline-size: calc(100% - 16px);
    min-block-size: 36px;
    padding: 0.25em 1em;
    box-shadow: var(--_shadow);
    font-size: 0.88rem;
  }
  form {
    position: relative;
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    align-items: end;
    gap: 8px;
    padding: 10px var(--_space) var(--_space);
    border-block-start: 1px solid var(--_border);
  }
  textarea {
    display: block;
    inline-size: 100%;
    min-block-size: 44px;
    max-block-size: 8.5em;
    padding: 0.6em 0.9em;
    border: 1px solid color-mix(in srgb, var(--_text-2) 70%, var(--_border));
    border-radius: 12px;
    background: var(--_surface);
    color: inherit;
    font: inherit;
    font-size: max(16px, 0.95rem);
    line-height: 1.35;
    resize: none;
    overflow: auto;
    scrollbar-width: thin;
  }
  textarea[aria-invalid='true'] {
    border-color: var(--_danger);
    outline-color: var(--_danger);
  }
  textarea::placeholder {
    overflow: hidden;
    color: var(--_text-2);
    opacity: 1;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  form .primary:dir(rtl) svg {
    transform: scaleX(-1);
  }
  form .primary {
    padding: 0;
    inline-size: 44px;
  }
  .counter {
    grid-column: 1 / -1;
    margin: 0;
    color: var(--_text-2);
    font-size: 0.82rem;
    font-variant-numeric: tabular-nums;
  }
  .counter.over {
    color: var(--_text);
    font-weight: 600;
  }
  @container (max-width: 240px) {
    .log {
      padding: 8px;
    }
    form {
      gap: 6px;
      padding: 6px 8px 8px;
    }
    textarea {
      padding-inline: 0.6em;
    }
  }
`;
