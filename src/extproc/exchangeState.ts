import type { FullDuplexExchange } from './fullDuplex/fullDuplexExchange.ts';
import type { PendingBody } from './pendingBody.ts';
import type { Routed } from './routed.ts';

/** What is known of one exchange; see Exchange. */
export type ExchangeState =
  | { readonly kind: 'undecided' }
  | { readonly kind: 'awaiting-body'; readonly body: PendingBody }
  | { readonly kind: 'full-duplex'; readonly exchange: FullDuplexExchange }
  | { readonly kind: 'rejected' }
  | ({ readonly kind: 'routed' } & Routed)
  | { readonly kind: 'closed' };

export function reservedEndpointOf(state: ExchangeState): string | undefined {
  switch (state.kind) {
    case 'awaiting-body':
      return state.body.reservedEndpoint;
    case 'full-duplex':
      return state.exchange.reservedEndpoint;
    case 'routed':
      return state.reservation.address;
    default:
      return undefined;
  }
}
