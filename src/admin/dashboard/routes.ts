import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { systemClock } from '../../clock.ts';
import type { RequestGuard } from '../guardRequests.ts';
import { isOfOwnPage } from '../ownPage.ts';
import { Assets } from './assets.ts';
import { Feed, type FeedSources, mostWatchers } from './feed.ts';

/** The page may load its own files and read its own feed, and nothing else. */
const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/** `/`: a page that shows what this instance knows, and the feed that it reads. Both only read. */
export function addDashboard(server: FastifyInstance, guard: RequestGuard, sources: FeedSources): void {
  const assets = new Assets();
  const feed = new Feed({ ...sources, page: () => assets.version(), turns: guard.turns, clock: systemClock });
  server.addHook('preClose', async () => feed.stop());

  // With the slash: the page names its files relative to itself.
  server.get('/', { prefixTrailingSlash: 'slash' }, async (request, reply) =>
    sendAsset(request, reply, assets, 'index.html'),
  );
  server.get('/dashboard/feed', { exposeHeadRoute: false }, async (request, reply) => {
    // A page of elsewhere cannot read the answer, and has no reason to keep the instance busy.
    if (!isOfOwnPage(request)) return reply.code(403).send({ error: 'this feed is for the page beside it' });
    // Before the headers are written.
    if (feed.watchers >= mostWatchers)
      return reply.code(503).send({ error: `${mostWatchers} pages are open already` });
    reply.hijack();
    guard.keepOpen(reply);
    if (!feed.add(reply.raw)) reply.raw.destroy();
    return reply;
  });
  server.get<{ Params: { file: string } }>('/dashboard/:file', async (request, reply) =>
    sendAsset(request, reply, assets, request.params.file),
  );
}

async function sendAsset(
  request: FastifyRequest,
  reply: FastifyReply,
  assets: Assets,
  name: string,
): Promise<FastifyReply> {
  const asset = await assets.get(name);
  if (asset === undefined) return reply.callNotFound() as unknown as FastifyReply;
  const { bytes, type, etag } = asset;
  // Asked for again each time, so that a page never runs the script of another release.
  reply.headers({ ...securityHeaders, etag, 'cache-control': 'no-cache' });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  return reply.type(type).send(bytes);
}
