/** What a broadcaster runs on, beside its looks. Loaded once one is on a page, so that pages without one do not wait for it. */
import { Broadcast } from '../../capture/broadcast.ts';
import type { BroadcastHandler } from '../../capture/broadcast-handler.ts';
import { PublishKeys } from '../../capture/publish-keys.ts';

export { readOverlays } from '../../ui/overlay-settings.ts';
export { StudioDesk } from './studio-desk.ts';

const keys = new PublishKeys();

export const openBroadcast = (handler: BroadcastHandler): Broadcast => new Broadcast(handler, keys);
