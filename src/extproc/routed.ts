import type { Reservation } from '../scheduling/reservation.ts';
import type { ExchangeSignal } from '../signals/exchangeSignal.ts';
import type { PodSignals } from '../signals/podSignals.ts';
import type { StreamEnd } from './metrics.ts';

export type ExchangeSignals = Pick<
  PodSignals,
  'begin' | 'watchAhead' | 'onHeaders' | 'onBody' | 'onTrailers' | 'onEnd'
>;

export type HeaderPair = readonly [name: string, value: string];

/** A request on its way to an endpoint. */
export interface Routed {
  readonly reservation: Reservation;
  /** undefined: pods are not judged by their responses. */
  readonly signal: ExchangeSignal | undefined;
  /** The headers of the response have to come, for its client. */
  readonly needsHeaders?: boolean;
  /** For the client, in its response; undefined: it gets none. */
  readonly clientHeaders?: readonly HeaderPair[] | undefined;
}

/** Its exchange is over. After a drain or a lost connection to Envoy, the request goes on. */
export function releaseRouted(
  { reservation, signal }: Routed,
  how: StreamEnd,
  signals: Pick<ExchangeSignals, 'onEnd'> | undefined,
): void {
  reservation.release();
  if (how === 'end' && signal !== undefined) signals?.onEnd(signal);
}
