import type { Config } from '../config/schema.ts';
import type { Phase } from '../phase.ts';

/**
 * What a parent and its workers say to each other over the channel between them. A connection travels with its
 * order. Both ends are one release: they are the same files.
 */
export type ParentMessage =
  /** The first one: who to be. */
  | { readonly kind: 'begin'; readonly config: Config }
  /** What the port says of its health from now on. */
  | { readonly kind: 'health'; readonly health: GroupHealth }
  /** The socket that comes with it is the worker's now. */
  | { readonly kind: 'connection' }
  /** Ask so many connections to leave, and to come again by way of the parent. */
  | { readonly kind: 'let-go'; readonly count: number }
  | { readonly kind: 'drain' }
  /** End the drain now. */
  | { readonly kind: 'forceStop' };

export type WorkerMessage =
  | { readonly kind: 'phase'; readonly phase: Phase }
  /** So many connections have come so far; so many of those that are open may bring streams. */
  | { readonly kind: 'connections'; readonly received: number; readonly serving: number }
  | { readonly kind: 'alive' };

/** The answers of the port, whichever worker is asked. */
export interface GroupHealth {
  readonly takesTraffic: boolean;
  readonly isFit: boolean;
}
