import { conformanceServedHeader } from './names.ts';
import type { ProcessingRequestReader } from './processingRequestReader.ts';
import { continueReply, setHeadersReply } from './replies.ts';
import type { Routed } from './routed.ts';
import { servedIn } from './watchResponse.ts';

/**
 * The reply to what is not decided on. The headers of a response get those for its client.
 *
 * @param echoesServed the client is told which pod served
 */
export function responseReply(
  message: ProcessingRequestReader,
  routed: Routed | undefined,
  echoesServed: boolean,
): Buffer {
  const { kind } = message;
  if (kind === undefined) throw new Error('a message of no kind has no reply');
  if (kind !== 'response_headers' || routed === undefined) return continueReply(kind);
  const { clientHeaders = [], reservation } = routed;
  if (!echoesServed)
    return clientHeaders.length === 0 ? continueReply(kind) : setHeadersReply(kind, clientHeaders);
  const served = servedIn(message) ?? reservation.address;
  return setHeadersReply(kind, [...clientHeaders, [conformanceServedHeader, served]]);
}
