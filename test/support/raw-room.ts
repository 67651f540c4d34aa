/** Somebody in a room by frames alone, for tests of what goes over the wire. */
import assert from 'node:assert/strict';
import type { TestServer } from './server.ts';
import { RawSocket, type TextFrame } from './wire.ts';

export interface Joined {
  readonly socket: RawSocket;
  readonly id: string;
  readonly resume: string;
  readonly reply: Record<string, unknown>;
}

/** Joins, and passes over what every join is greeted with. */
export async function enter(server: TestServer, slug: string, params: Record<string, unknown> = {}, query?: string): Promise<Joined> {
  const socket = await RawSocket.open(server.socketUrl, query);
  const { status, response } = await socket.join(`room:${slug}`, params);
  assert.equal(status, 'ok', JSON.stringify(response));
  await socket.event('presence_state');
  await socket.event('chat_history');
  return { socket, id: String(response['peer_id']), resume: String(response['resume']), reply: response };
}

export const payloadOf = (frame: TextFrame): Record<string, unknown> => frame[4];

/** The meta of a peer in a diff or state. */
export function meta(entries: unknown, id: string): Record<string, unknown> | undefined {
  return (entries as Record<string, { metas: Record<string, unknown>[] }>)[id]?.metas[0];
}
