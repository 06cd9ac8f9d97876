import type { FastifyRequest } from 'fastify';

/**
 * Whether the page of this port sent it, or no page did: a browser says where a request comes from,
 * and other clients do not say.
 */
export function isOfOwnPage({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
}
