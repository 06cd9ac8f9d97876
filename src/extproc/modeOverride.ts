import type { BackwardWriter } from '../proto/wire/backwardWriter.ts';
import type { ResponseWatch } from '../signals/responseWatch.ts';

/** How Envoy is to send the body of a request: not, whole, or as much of it as Envoy buffers. */
export type WantedBody = 'none' | 'buffered' | 'buffered-partial';

/** What Envoy is to send of one exchange besides the request headers. */
export interface WantedParts {
  readonly body: WantedBody;
  readonly response: ResponseWatch;
  /** Unique, and below `overrides`. */
  readonly index: number;
}

/** Field numbers and values, as in proto/. */
const modeOverride = 9;
const processingMode = {
  requestHeaderMode: 1,
  responseHeaderMode: 2,
  requestBodyMode: 3,
  responseBodyMode: 4,
  requestTrailerMode: 5,
  responseTrailerMode: 6,
} as const;
const headerMode = { send: 1, skip: 2 } as const;
const bodyMode = { none: 0, streamed: 1, buffered: 2, 'buffered-partial': 3 } as const;

const bodies: readonly WantedBody[] = ['none', 'buffered', 'buffered-partial'];
const responses: readonly ResponseWatch[] = ['none', 'headers', 'body'];
const all: readonly WantedParts[] = bodies.flatMap((body, nth) =>
  responses.map((response, index) => ({ body, response, index: nth * responses.length + index })),
);

/** Needs no override. */
export const wantsNothing = wantedParts('none', 'none');

/** Nothing either, of a gateway that would send bodies by itself. */
export const wantsOwnMode: WantedParts = { body: 'none', response: 'none', index: all.length };

/** How many different WantedParts there are. */
export const overrides = all.length + 1;

export function wantedParts(body: WantedBody, response: ResponseWatch): WantedParts {
  return all[bodies.indexOf(body) * responses.length + responses.indexOf(response)] as WantedParts;
}

/**
 * Replaces the whole processing mode of this exchange, so every field is given: a body mode that is
 * left out would mean NONE. The trailers keep the stream open until the exchange ends.
 */
export function writeModeOverride(writer: BackwardWriter, { body, response }: WantedParts): void {
  const end = writer.position;
  writer.number(processingMode.responseTrailerMode, headerMode.send);
  writer.number(processingMode.requestTrailerMode, headerMode.skip);
  writer.number(processingMode.responseBodyMode, response === 'body' ? bodyMode.streamed : bodyMode.none);
  writer.number(processingMode.requestBodyMode, bodyMode[body]);
  writer.number(processingMode.responseHeaderMode, response === 'none' ? headerMode.skip : headerMode.send);
  writer.number(processingMode.requestHeaderMode, headerMode.send);
  writer.wrap(modeOverride, end);
}
