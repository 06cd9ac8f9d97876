import { announcedBody } from '../request/body/announcedBody.ts';
import type { Scheduler } from '../scheduling/scheduler.ts';
import type { BodyArrivals } from './bodyArrivals.ts';
import type { WantedBody } from './modeOverride.ts';
import type { ProcessingRequestReader } from './processingRequestReader.ts';

/** What is needed to decide in two phases: on the headers, and again on the body. */
export interface BodyPhase extends Pick<Scheduler, 'preview' | 'reserve'> {
  /** Envoy is asked for longer bodies in part, in bytes. */
  readonly bufferedBytes: number;
  readonly arrivals: BodyArrivals;
}

/**
 * How the body of this request is to come, if it can be read; `configured`: Envoy sends it by
 * itself.
 *
 * With BUFFERED Envoy answers 413 where the body exceeds its buffer, so that is for a body that is
 * known to fit. With BUFFERED_PARTIAL it sends what fits and goes on.
 */
export function bodyModeFor(
  reader: ProcessingRequestReader,
  bufferedBytes: number,
): WantedBody | 'configured' {
  if (reader.isEndOfStream) return 'none';
  const body = announcedBody(reader);
  if (body === undefined) return 'none';
  // An override would end the body modes of a gateway that has its own.
  if (!reader.sendsNoBodies) return reader.buffersRequestBody ? 'configured' : 'none';
  const fits = body.bytes !== undefined && body.bytes <= bufferedBytes;
  return fits ? 'buffered' : 'buffered-partial';
}
