import type { Config } from '../config/schema.ts';
import type { Phase } from '../phase.ts';

/**
 * The messages on the channel between a parent and each of its workers. Both ends run the same
 * release, so the format needs no versions.
 */
export type ParentMessage =
  /** The first message. */
  | { readonly kind: 'start'; readonly config: Config }
  /** The health of the port from now on. */
  | { readonly kind: 'health'; readonly health: GroupHealth }
  /** Comes with a socket, which the worker now owns. */
  | { readonly kind: 'connection' }
  /** Close this many connections gracefully; their clients reconnect to the parent. */
  | { readonly kind: 'shed-connections'; readonly count: number }
  | { readonly kind: 'drain'; readonly reason: string }
  /** End the drain now. */
  | { readonly kind: 'force-stop'; readonly reason: string };

export type WorkerMessage =
  | { readonly kind: 'phase'; readonly phase: Phase }
  /** Connections received so far, and how many of those that are open carry streams, or may. */
  | { readonly kind: 'connections'; readonly received: number; readonly serving: number }
  /** Of the whole group, by an operator. */
  | { readonly kind: 'drain-requested'; readonly reason: string }
  | { readonly kind: 'alive' };

/** The health of the port, the same from each worker. */
export interface GroupHealth {
  readonly takesTraffic: boolean;
  readonly isFit: boolean;
}
