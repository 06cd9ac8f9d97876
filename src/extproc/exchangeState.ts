import type { Reservation } from '../scheduling/reservation.ts';
import type { ExchangeSignal } from '../signals/exchangeSignal.ts';
import type { PodSignals } from '../signals/podSignals.ts';
import type { PendingBody } from './pendingBody.ts';

export type ExchangeSignals = Pick<
  PodSignals,
  'begin' | 'watchAhead' | 'onHeaders' | 'onBody' | 'onTrailers' | 'onEnd'
>;

/** What is known of one exchange; see Exchange. */
export type ExchangeState =
  | { readonly kind: 'undecided' }
  | { readonly kind: 'awaiting-body'; readonly body: PendingBody }
  | { readonly kind: 'rejected' }
  | {
      readonly kind: 'routed';
      readonly reservation: Reservation;
      readonly signal: ExchangeSignal | undefined;
    }
  | { readonly kind: 'closed' };
