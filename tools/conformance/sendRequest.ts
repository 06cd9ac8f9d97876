import { randomUUID } from 'node:crypto';
import type { ProcessingResponse__Output } from '../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import type { Value } from '../../src/proto/generated/edge/google/protobuf/Value.ts';
import type { CaseContext } from './conformanceCase.ts';
import { requestBodyMessage, requestHeadersMessage, requestTrailersMessage } from './pickerMessages.ts';
import type { PickerStream } from './pickerStream.ts';

/** A request of a client, as the gateway passes it on. */
export interface ProxiedRequest {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  /** In the pieces in which it comes; undefined: the headers end the request. */
  readonly pieces?: readonly Buffer[];
  /** Default: all but the first piece empty and the last one ends it. */
  readonly endsWith?: 'last-piece' | 'trailers';
  /** Default true. */
  readonly announcesLength?: boolean;
  readonly subset?: Value;
  readonly valueField?: 'raw_value' | 'value';
}

/** The headers of the first message. */
export function requestHeadersOf({
  method,
  headers = {},
  pieces,
  announcesLength = true,
}: ProxiedRequest): Record<string, string> {
  const isPost = (method ?? (pieces === undefined ? 'GET' : 'POST')) === 'POST';
  const length = (pieces ?? []).reduce((sum, piece) => sum + piece.length, 0);
  return {
    ':method': isPost ? 'POST' : 'GET',
    ':scheme': 'http',
    ':authority': 'conformance.test',
    ':path': isPost ? '/v1/chat/completions' : '/v1/models',
    'x-request-id': randomUUID(),
    ...(isPost && { 'content-type': 'application/json' }),
    ...(pieces !== undefined && announcesLength && { 'content-length': String(length) }),
    ...headers,
  };
}

/**
 * Sends a whole request as a gateway of this mode does, and waits until the picker owes nothing of
 * it, or time is up. What came is in the events of the stream.
 */
export async function sendRequest(
  context: CaseContext,
  stream: PickerStream,
  request: ProxiedRequest,
): Promise<void> {
  const { mode, isAnnounced } = context;
  const { pieces, endsWith = 'last-piece', subset, valueField } = request;
  await stream.send(
    requestHeadersMessage({
      headers: requestHeadersOf(request),
      isEndOfStream: pieces === undefined,
      mode: isAnnounced ? mode : undefined,
      subset,
      valueField,
    }),
  );
  const isLast = (nth: number): boolean => nth === (pieces?.length ?? 0) - 1 && endsWith === 'last-piece';
  if (mode === 'full-duplex') {
    // Such a gateway waits for no answer before it sends the body.
    for (const [nth, piece] of (pieces ?? []).entries()) {
      await stream.send(requestBodyMessage(piece, isLast(nth)));
    }
    if (endsWith === 'trailers') await stream.send(requestTrailersMessage());
    await waitForAnswer(stream, (reply) => isLastOfDuplex(reply, request));
    return;
  }
  const reply = await waitForAnswer(stream, isAnswerTo('request_headers'));
  if (pieces === undefined || reply === undefined || reply.immediate_response) return;
  if (mode === 'headers' && !asksForBody(reply)) return;
  await stream.send(requestBodyMessage(Buffer.concat(pieces), endsWith === 'last-piece'));
  const answer = await waitForAnswer(stream, isAnswerTo('request_body'));
  if (endsWith !== 'trailers' || mode === 'headers' || answer === undefined) return;
  await stream.send(requestTrailersMessage());
  await waitForAnswer(stream, isAnswerTo('request_trailers'));
}

/** With `mode_override` a gateway in the mode "headers" sends the body after all. */
export function asksForBody({ mode_override: override }: ProcessingResponse__Output): boolean {
  const asked = override?.request_body_mode ?? 'NONE';
  return asked === 'BUFFERED' || asked === 'BUFFERED_PARTIAL';
}

const isAnswerTo =
  (kind: NonNullable<ProcessingResponse__Output['response']>) =>
  ({ response }: ProcessingResponse__Output): boolean =>
    response === kind;

function isLastOfDuplex(reply: ProcessingResponse__Output, { pieces, endsWith }: ProxiedRequest): boolean {
  if (pieces === undefined) return reply.response === 'request_headers';
  if (endsWith === 'trailers') return reply.response === 'request_trailers';
  return reply.request_body?.response?.body_mutation?.streamed_response?.end_of_stream === true;
}

/** @returns the answer, or an immediate response; undefined: the stream ended, or time is up */
async function waitForAnswer(
  stream: PickerStream,
  isAnswer: (reply: ProcessingResponse__Output) => boolean,
): Promise<ProcessingResponse__Output | undefined> {
  for (;;) {
    const event = await stream.next();
    if (event.kind !== 'reply') return undefined;
    if (event.reply.immediate_response || isAnswer(event.reply)) return event.reply;
  }
}
