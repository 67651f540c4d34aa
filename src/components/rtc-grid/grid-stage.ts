/** What a grid of two does without: a tile that is larger than the others, and motion. Loaded when there are more, or one is pinned. */
import { css } from 'lit';

export { glide } from '../../ui/tile-motion.ts';
export { spotlightOf } from '../../ui/tile-spotlight.ts';

/** One tile large, which stays in place, and the others in a strip, which scrolls. */
export const stageStyles = css`
  rtc-tile {
    transform-origin: 0 0;
  }
  .spotlight {
    --_strip: clamp(120px, 18cqi, 260px);
    display: grid;
    grid-auto-rows: calc(var(--_strip) * 9 / 16);
    grid-template-columns: minmax(0, 1fr) var(--_strip);
  }
  .spotlight rtc-tile {
    grid-column: 2;
    inline-size: auto;
    block-size: auto;
  }
  .spotlight .large {
    position: sticky;
    inset: 0;
    grid-area: 1 / 1 / span var(--_others) / 1;
    align-self: center;
    block-size: 100cqb;
  }
  @container (max-aspect-ratio: 17/10) {
    .spotlight {
      --_strip: clamp(120px, 24cqi, 220px);
      grid-auto-columns: var(--_strip);
      grid-auto-flow: column;
      grid-template: minmax(0, 1fr) calc(var(--_strip) * 3 / 4) / none;
    }
    .spotlight rtc-tile {
      grid-area: 2 / auto;
    }
    .spotlight .large {
      grid-area: 1 / 1 / 1 / span var(--_others);
      align-self: auto;
      justify-self: center;
      inline-size: 100cqi;
      block-size: auto;
    }
  }
`;
