import type { ExchangeState } from './exchangeState.ts';
import { explainHeader } from './names.ts';
import type { ProcessingRequestKind } from './processingRequestReader.ts';
import { continueReply, setHeaderReply } from './replies.ts';

/** The reply to what is not decided on; a client that asked for it gets the explanation. */
export function responseReply(kind: ProcessingRequestKind, state: ExchangeState): Buffer {
  const explanation = state.kind === 'routed' ? state.explanation : undefined;
  if (explanation === undefined || kind !== 'response_headers') return continueReply(kind);
  return setHeaderReply(kind, explainHeader, explanation);
}
