import type { MessageParts } from '../grpc/serverStream.ts';
import { requestBodyTag } from './bodyMessageReader.ts';
import type { FullDuplexExchange } from './fullDuplex/fullDuplexExchange.ts';
import type { StreamEnd } from './metrics.ts';
import type { PendingBody } from './pendingBody.ts';
import { type ExchangeSignals, type Routed, releaseRouted } from './routed.ts';

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

/**
 * What takes a message as it arrives; undefined: it is collected. A body that a gateway sends
 * although no decision needs it is as long as it likes, so none of it is kept.
 *
 * @param onSkipped such a body has come
 */
export function partsFor(
  state: ExchangeState,
  firstByte: number,
  onSkipped: () => void,
): MessageParts | undefined {
  if (state.kind === 'full-duplex') return state.exchange.onLongMessage(firstByte);
  if (firstByte !== requestBodyTag) return undefined;
  if (state.kind === 'awaiting-body') return state.body;
  return state.kind === 'routed' ? { onPart() {}, onWhole: onSkipped } : undefined;
}

/** The exchange goes on without the body that it waited for. */
export function settled(
  body: PendingBody,
  openedMs: number,
  signals: ExchangeSignals | undefined,
): ExchangeState {
  const reservation = body.settle();
  const signal = signals?.begin(reservation.address, openedMs, body.watch);
  return { kind: 'routed', reservation, signal };
}

/** Frees what the exchange holds. */
export function closeState(state: ExchangeState, how: StreamEnd, signals: ExchangeSignals | undefined): void {
  if (state.kind === 'awaiting-body') state.body.abandon();
  if (state.kind === 'full-duplex') state.exchange.close(how);
  if (state.kind === 'routed') releaseRouted(state, how, signals);
}
