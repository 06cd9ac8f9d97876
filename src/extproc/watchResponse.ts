import { parseAddress } from '../hostPort.ts';
import type { PodSignals } from '../signals/podSignals.ts';
import { type WantedParts, wantedParts, wantsNothing, wantsOwnMode } from './modeOverride.ts';
import type { AskedMode } from './ownMode.ts';
import type { ProcessingRequestReader } from './processingRequestReader.ts';
import type { Routed } from './routed.ts';

/** The metadata in which Envoy's override_host policy reports the pod that served. */
const servedNamespace = 'envoy.lb';
const servedKey = 'x-gateway-destination-endpoint-served';
const longestAddress = 256;

/**
 * What Envoy is to send of the response to a request, by its headers.
 *
 * @param asked the gateway sends bodies by itself, and is asked not to
 */
export function partsToWatch(
  headers: ProcessingRequestReader,
  { signal, needsHeaders }: Routed,
  asked: AskedMode | undefined,
): WantedParts {
  const watch = signal?.watch ?? (needsHeaders ? 'headers' : 'none');
  if (watch === 'none') return asked !== undefined ? wantsOwnMode : wantsNothing;
  if (signal !== undefined) signal.expectsContent = headers.header(':method') === 'POST';
  // An override would end the body modes of a gateway that has its own.
  return asked !== undefined || headers.sendsNoBodies ? wantedParts('none', watch) : wantsNothing;
}

/**
 * Follows a part of the response of a routed exchange: the reservation moves to the pod that
 * served, and the signals judge it.
 */
export function watchResponse(
  message: ProcessingRequestReader,
  { reservation, signal }: Routed,
  signals: Pick<PodSignals, 'onHeaders' | 'onBody' | 'onTrailers'> | undefined,
): void {
  const { kind } = message;
  if (kind === 'response_headers') {
    const served = servedIn(message);
    if (served !== undefined && served !== reservation.address) reservation.move(served);
    if (signal === undefined) return;
    const status = Number(message.header(':status'));
    signals?.onHeaders(signal, status > 0 ? status : undefined, served, message.isEndOfStream);
  } else if (kind === 'response_body' && signal !== undefined) {
    signals?.onBody(signal, message.bodyBytes(), message.isEndOfStream);
  } else if (kind === 'response_trailers' && signal !== undefined) signals?.onTrailers(signal);
}

/** The pod that Envoy sent the request to; undefined: Envoy does not say. */
export function servedIn(message: ProcessingRequestReader): string | undefined {
  const served = message.metadataTexts(servedNamespace, servedKey, longestAddress);
  if (typeof served !== 'string') return undefined;
  const parsed = parseAddress(served);
  return parsed.kind === 'ip' ? parsed.address : undefined;
}
