/** Registers the elements of a broadcast. */
import './rtc-broadcaster.ts';
