import type { FairTurns } from './fairTurns.ts';
import type { Http2Stream } from './http2Stream.ts';
import type { Http2Limits } from './limits.ts';
import type { RequestHead } from './requestHead.ts';
import type { StreamListener } from './streamOwner.ts';

/**
 * Selects what accepts the stream of a request, by its head. The result also accepts streams of
 * later requests with the same head. The head is valid only until the call returns.
 */
export type RouteRequest = (head: RequestHead) => AcceptStream;
export type AcceptStream = (stream: Http2Stream) => StreamListener;

export interface StreamsOptions {
  readonly route: RouteRequest;
  /** The whole response, a header block, to a request whose header list is too large. */
  readonly headersTooLarge: Uint8Array;
  readonly limits: Http2Limits;
  /**
   * What partial messages may occupy on one connection. Windows are given back as bytes arrive, so
   * that streams do not block each other; this bound stands in their place.
   */
  readonly maxPartialBytes: number;
  readonly turns: Pick<FairTurns, 'spend'>;
  /** Runs what no frame causes, such as a timer's work; what it throws ends the connection. */
  readonly contain: (work: () => void) => void;
  /** Receives what a listener throws when its connection is lost. */
  readonly onUnexpectedError: (error: unknown) => void;
}
