import { RtcTile } from '../components/rtc-tile/rtc-tile.ts';
import { define } from '../ui/define.ts';

define('rtc-tile', RtcTile);

declare global {
  interface HTMLElementTagNameMap {
    'rtc-tile': RtcTile;
  }
}
