import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { BatonError, type ErrorCode } from '../../errors.ts';
import { isOfOwnPage } from '../ownPage.ts';
import { type OperatorRequest, operatorActionKinds, readOperatorRequest } from './operatorRequest.ts';
import { type TokenCheck, wrongTokenMs } from './tokenCheck.ts';

/** What the routes of an operator need of the instance and one of its pools. */
export interface OperatorSource {
  /** The same for each pool, so that more pools are no more guesses. */
  readonly tokens: Pick<TokenCheck, 'check'>;
  /** The dynamic settings in force, by dotted name. */
  readonly settings: () => Readonly<Record<string, unknown>>;
  /** @returns what was done, for people; rejects with a BatonError where it cannot be done */
  readonly carryOut: (request: OperatorRequest) => Promise<string>;
  readonly onRefused: (remoteAddress: string, why: 'wrong' | 'too-many') => void;
}

/** Other errors are bugs. */
const statusByCode: Partial<Record<ErrorCode, number>> = {
  'config-invalid': 400,
  'change-refused': 409,
  'record-unreadable': 409,
  'store-refused': 502,
  'store-unreachable': 503,
};

/**
 * `/operator`: the only requests of the admin port that change something. They exist only where
 * `admin.token` is set, and each has to bring it in a header that no page of another origin can
 * send. Actions are POST requests without a body.
 */
export function addOperatorRoutes(server: FastifyInstance, source: OperatorSource): void {
  /** @returns undefined: it may; else the answer is sent */
  const refuse = (request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined => {
    reply.header('cache-control', 'no-store');
    if (!isOfOwnPage(request)) return reply.code(403).send({ error: 'a page of another origin may not' });
    const verdict = source.tokens.check(request.headers.authorization, request.ip);
    if (verdict === 'right') return undefined;
    if (verdict !== 'missing') source.onRefused(request.ip, verdict);
    if (verdict === 'too-many') {
      const seconds = Math.ceil(wrongTokenMs / 1_000);
      return reply.code(429).header('retry-after', seconds).send({ error: 'too many wrong tokens' });
    }
    const error = `the token is ${verdict}: authorization: Bearer TOKEN`;
    return reply.code(401).header('www-authenticate', 'Bearer').send({ error });
  };

  server.get(
    '/operator',
    async (request, reply) => refuse(request, reply) ?? reply.send({ settings: source.settings() }),
  );
  for (const kind of operatorActionKinds) {
    server.post(`/operator/${kind}`, async (request, reply) => {
      const refusal = refuse(request, reply);
      if (refusal !== undefined) return refusal;
      const { searchParams } = new URL(request.url, 'http://admin');
      const read = readOperatorRequest(kind, searchParams, request.ip);
      if ('problem' in read) return reply.code(400).send({ error: read.problem });
      try {
        return reply.send({ done: await source.carryOut(read) });
      } catch (error) {
        const status = error instanceof BatonError ? statusByCode[error.code] : undefined;
        if (!(error instanceof BatonError) || status === undefined) throw error;
        return reply.code(status).send({ error: [error.message, ...error.details].join('; ') });
      }
    });
  }
}
