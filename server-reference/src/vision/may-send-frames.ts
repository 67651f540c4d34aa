import { may, type Principal } from '../auth/principal.ts';

/** A sender's id belongs to whoever has a grant for the room or the stream of that name. */
export const maySendFrames = (principal: Principal, id: string): boolean =>
  may(principal, 'frames', { stream: id }) || may(principal, 'frames', { room: id });
