import { RtcGrid } from '../components/rtc-grid/rtc-grid.ts';
import { define } from '../ui/define.ts';
import './rtc-tile.ts';

define('rtc-grid', RtcGrid);

declare global {
  interface HTMLElementTagNameMap {
    'rtc-grid': RtcGrid;
  }
}
