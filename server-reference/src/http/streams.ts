/** `/api/streams`: what is being broadcast, as far as the asker may watch it. */
import type { FastifyPluginAsync } from 'fastify';
import { isName } from '../../../src/protocol/index.ts';
import { may } from '../auth/principal.ts';
import type { Hub } from '../hub/hub.ts';
import type { StreamStatus } from '../hub/live-stream.ts';
import type { RenditionInfo } from '../hub/media.ts';
import { playbackOf } from '../hub/playback.ts';
import type { Authorizer } from './authorize.ts';
import { Problem } from './problem.ts';

export interface StreamRoutesOptions {
  readonly hub: Hub;
  readonly authorizer: Authorizer;
  readonly publicUrl: URL | null;
}

/** For a cache in front that asks for each of its requests: seconds for which it may believe an answer. */
const BELIEVED = 5;

export const streamRoutes: FastifyPluginAsync<StreamRoutesOptions> = async (app, { hub, authorizer, publicUrl }) => {
  const describe = ({ name, state, session, startedAt, title, description, viewers, recording }: StreamStatus) => ({
    name,
    state,
    session,
    started_at: startedAt,
    title,
    description,
    viewers,
    recording,
    tracks: sentRenditions(hub, name).map(({ id, kind, family }) => ({ id, kind, codec: hub.codec(name, id) ?? family })),
    playback: playbackOf(name, publicUrl),
  });

  app.get('/api/streams', async (request) => {
    const principal = await authorizer.principal(request);
    return {
      streams: hub
        .list()
        .filter(({ name }) => may(principal, 'watch', { stream: name }))
        .map(describe),
    };
  });

  app.get<{ Querystring: { stream?: unknown } }>('/api/authorize', async (request, reply) => {
    const { stream } = request.query;
    if (typeof stream !== 'string' || !isName(stream)) throw new Problem(400, 'invalid', 'Which stream? Ask with ?stream= and its name.');
    const { expiresAt } = await authorizer.require(request, 'watch', { stream });
    const left = expiresAt === null ? BELIEVED : Math.floor((expiresAt - hub.clock.now()) / 1000);
    const age = Math.min(BELIEVED, Math.max(0, left));
    return reply
      .code(204)
      .headers({ 'cache-control': `max-age=${age}`, vary: 'Authorization' })
      .send();
  });

  app.get<{ Params: { name: string } }>('/api/streams/:name', async (request) => {
    const { name } = request.params;
    if (!isName(name)) throw new Problem(400, 'invalid', 'A stream is called by 1 to 63 of a-z, 0-9 and -, not starting with -.');
    await authorizer.require(request, 'watch', { stream: name });
    return describe(hub.status(name));
  });
};

/** What the broadcaster sends; what is made of it here stands in the playlists. */
function sentRenditions(hub: Hub, name: string): RenditionInfo[] {
  return (hub.session(name)?.renditions ?? []).filter(({ from }) => from === undefined);
}
