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
    gap: var(--_space);
    padding: var(--_space);
  }
  .stage {
    flex: 1;
    min-block-size: 0;
    position: relative;
    display: flex;
    flex-direction: column;
  }
  .stage > * {
    flex: 1;
    min-block-size: 0;
  }
  .notices {
    position: absolute;
    z-index: 2;
    inset-inline: calc(var(--_space) + 8px);
    inset-block-start: calc(var(--_space) + 8px);
    display: grid;
    gap: 8px;
    justify-items: center;
    pointer-events: none;
  }
  .notices > * {
    pointer-events: auto;
    max-inline-size: 640px;
    box-shadow: var(--_shadow);
  }
  .notices > .notice {
    padding: 6px 14px;
    border-radius: 999px;
    background: rgb(12 14 22 / 76%);
    color: #fff;
    font-size: 0.88rem;
    text-align: center;
    text-wrap: balance;
  }
  .prejoin {
    position: absolute;
    inset: 0;
    display: grid;
    justify-items: center;
    align-content: safe center;
    gap: var(--_space);
    overflow: auto;
    padding: var(--_space);
  }
  .prejoin .error {
    inline-size: min(100%, 360px);
  }
  form {
    display: grid;
    gap: 14px;
    inline-size: min(100%, 360px);
    padding: clamp(14px, 6cqi, 28px);
    border-radius: var(--_radius);
    background: var(--_surface);
    box-shadow: var(--_shadow);
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
  label {
    display: grid;
    gap: 6px;
    font-size: 0.9rem;
    font-weight: 600;
  }
  input {
    font-weight: 400;
  }
  @container (max-width: 260px) {
    .room {
      gap: 6px;
      padding: 6px;
    }
    form p {
      display: none;
    }
  }
`;
