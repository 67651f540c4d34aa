/** `/api/rooms`: the lobby without a socket. */
import type { FastifyPluginAsync } from 'fastify';
import * as v from 'valibot';
import { CreateRoomSchema, describeIssues, NameSchema } from '../../../src/protocol/index.ts';
import type { Rooms } from '../rooms/rooms.ts';
import type { Authorizer } from './authorize.ts';
import { Problem } from './problem.ts';

export interface RoomRoutesOptions {
  readonly rooms: Rooms;
  readonly authorizer: Authorizer;
}

export const roomRoutes: FastifyPluginAsync<RoomRoutesOptions> = async (app, { rooms, authorizer }) => {
  app.get('/api/rooms', async (request) => ({ rooms: rooms.list(await authorizer.principal(request)) }));

  app.post('/api/rooms', { config: { rateLimit: { max: 60, timeWindow: '1 minute' } } }, async (request, reply) => {
    const principal = await authorizer.principal(request);
    const parsed = v.safeParse(CreateRoomSchema, request.body);
    if (!parsed.success)
      throw new Problem(400, 'invalid', 'The room is not described as it should be.', { details: describeIssues(parsed.issues) });
    const creation = rooms.create(principal, parsed.output);
    if (creation.ok) return reply.code(201).header('location', `/api/rooms/${creation.room.slug}`).send(creation.room);
    if (creation.reason === 'taken') throw new Problem(409, 'taken', 'There is a room of that name already; choose another slug.');
    if (creation.reason === 'limit')
      throw new Problem(429, 'limit', 'This server keeps no more rooms.', { headers: { 'retry-after': '3600' } });
    // What was missing depends on the slug, which the store chose: ask anew for the right answer.
    await authorizer.require(request, 'create', { room: parsed.output.slug ?? '' });
    throw new Problem(403, 'unauthorized', 'The token does not grant "create" for this room.');
  });

  app.get<{ Params: { slug: string } }>('/api/rooms/:slug', async (request) => {
    const slug = v.safeParse(NameSchema, request.params.slug);
    if (!slug.success) throw new Problem(400, 'invalid', 'A room is called by 1 to 63 of a-z, 0-9 and -, not starting with -.');
    await authorizer.require(request, 'join', { room: slug.output });
    const room = rooms.find(slug.output);
    if (room === null) throw new Problem(404, 'room-not-found', 'There is no such room.');
    return room;
  });
};
