import type { Assignments } from './assignments.ts';
import type { DueResponse } from './discoveryResponse.ts';

/** What a request says about the response before it. */
export type Reply = 'accepted' | 'refused' | 'none';

/** Which assignments one client wants, what it was sent, and what it is due, pure. */
export interface Subscription<Request> {
  /** @returns what the request says about the last response, once for each response */
  onRequest(request: Request): Reply;
  /**
   * What to send now: undefined while nothing has changed for this client, or while it has not
   * answered the last response. So at most one response is under way to each client.
   *
   * @param current what the clusters are to have now
   * @param nonce of the response, if there is one; a client cannot guess it
   */
  next(current: Assignments, nonce: () => string): DueResponse | undefined;
  /** Names that were asked for and are not served, since the last call. */
  takeUnknown(): readonly string[];
}

/** The name with which a client asks for every resource. */
export const wildcard = '*';
