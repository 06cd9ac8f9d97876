import type { BodyMutation__Output } from '../../src/proto/generated/edge/envoy/service/ext_proc/v3/BodyMutation.ts';
import type { ProcessingResponse__Output } from '../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { destinationIn, parseDestination } from './destination.ts';
import { type GatewayMode, longestStreamedPiece } from './gatewayModes.ts';
import type { StreamedEvent } from './pickerStream.ts';
import { asksForBody, type ProxiedRequest } from './sendRequest.ts';

/** What the answers to a whole request come to. */
export type RequestVerdict =
  | { readonly kind: 'routed'; readonly addresses: readonly string[] }
  | { readonly kind: 'rejected'; readonly status: string }
  | { readonly kind: 'violation'; readonly what: string };

const violation = (what: string): RequestVerdict => ({ kind: 'violation', what });

/**
 * Holds the answers to a request against the rules of ext_proc for this mode, and of the endpoint
 * picker protocol. Pure.
 */
export function judgeRequest(
  mode: GatewayMode,
  request: ProxiedRequest,
  events: readonly StreamedEvent[],
): RequestVerdict {
  const replies = events.flatMap((event) => (event.kind === 'reply' ? [event.reply] : []));
  const [first] = replies;
  const end = events.find((event) => event.kind === 'ended');
  if (first === undefined)
    return violation(end === undefined ? 'no answer came' : 'the stream ended unanswered');
  const immediate = replies.findIndex((reply) => reply.immediate_response !== undefined);
  if (immediate >= 0) {
    if (immediate < replies.length - 1) return violation('a message came behind the ImmediateResponse');
    return { kind: 'rejected', status: statusOf(replies[immediate] as ProcessingResponse__Output) };
  }
  if (first.response !== 'request_headers') {
    return violation(`the first answer is ${first.response ?? 'empty'}, not request_headers`);
  }
  if (first.request_headers?.response?.status === 'CONTINUE_AND_REPLACE') {
    return violation('the answer to the headers replaces the body (CONTINUE_AND_REPLACE)');
  }
  const rest = replies.slice(1);
  const problem =
    mode === 'full-duplex'
      ? duplexProblem(request, rest)
      : bufferedProblem(request, rest, mode === 'buffered' || asksForBody(first), mode === 'buffered');
  if (problem !== undefined) return violation(problem);
  if (end !== undefined && end.code !== 0) return violation('the stream ended with an error');
  return destinationOf(replies);
}

/** The destination of the last answer that names one; each has to name it in both places. */
function destinationOf(replies: readonly ProcessingResponse__Output[]): RequestVerdict {
  let addresses: readonly string[] | undefined;
  for (const reply of replies) {
    const { header, metadata } = destinationIn(reply);
    if (header === undefined && metadata === undefined) continue;
    if (header === undefined) return violation('metadata names a destination, the header none');
    if (metadata === undefined) return violation('the header names a destination, metadata envoy.lb none');
    if (header !== metadata) return violation('header and metadata name different destinations');
    const parsed = parseDestination(header);
    if (parsed.kind === 'invalid') return violation(parsed.why);
    addresses = parsed.addresses;
  }
  return addresses === undefined ? violation('no destination is named') : { kind: 'routed', addresses };
}

/** What is wrong with the answers behind the first, where bodies run through the picker. */
function duplexProblem(
  { pieces, endsWith }: ProxiedRequest,
  replies: readonly ProcessingResponse__Output[],
): string | undefined {
  if (pieces === undefined) return replies.length > 0 ? 'more than one answer to a GET' : undefined;
  const parts = [...replies];
  if (endsWith === 'trailers' && parts.pop()?.response !== 'request_trailers') {
    return 'the trailers are not answered last';
  }
  return streamedProblem('request_body', parts, Buffer.concat(pieces), endsWith !== 'trailers');
}

/** What is wrong with a body that comes back piece by piece. */
export function streamedProblem(
  kind: 'request_body' | 'response_body',
  replies: readonly ProcessingResponse__Output[],
  sent: Buffer,
  isEnded: boolean,
): string | undefined {
  const back: Buffer[] = [];
  for (const [nth, reply] of replies.entries()) {
    if (reply.response !== kind) return `${reply.response ?? 'an empty message'} came instead of ${kind}`;
    const streamed = reply[kind]?.response?.body_mutation?.streamed_response;
    if (!streamed) return `a ${kind} answer without streamed_response`;
    const { body = Buffer.alloc(0), end_of_stream: isEnd = false } = streamed;
    if (body.length > longestStreamedPiece) {
      return `a piece of ${body.length} bytes; more than ${longestStreamedPiece} are not safe`;
    }
    const mayEnd = isEnded && nth === replies.length - 1;
    if (isEnd && !mayEnd) return 'end_of_stream before the end of the body';
    back.push(body);
  }
  const received = Buffer.concat(back);
  if (received.length !== sent.length) {
    return `${received.length} of ${sent.length} bytes came back`;
  }
  if (!received.equals(sent)) return `the bytes that came back differ from byte ${differsAt(received, sent)}`;
  const last = replies.at(-1)?.[kind]?.response?.body_mutation?.streamed_response;
  if (isEnded && last?.end_of_stream !== true) return 'the body came back without end_of_stream';
  return undefined;
}

function bufferedProblem(
  { pieces, endsWith }: ProxiedRequest,
  replies: readonly ProcessingResponse__Output[],
  isBodySent: boolean,
  areTrailersSent: boolean,
): string | undefined {
  const owed = [
    ...(pieces !== undefined && isBodySent ? ['request_body'] : []),
    ...(endsWith === 'trailers' && areTrailersSent ? ['request_trailers'] : []),
  ];
  const kinds = replies.map(({ response }) => response ?? 'empty');
  if (kinds.join() !== owed.join()) {
    return `expected behind the answer to the headers: ${owed.join(', ') || 'nothing'}`;
  }
  const mutation = replies[0]?.request_body?.response?.body_mutation;
  return mutation && mutationProblem(mutation, Buffer.concat(pieces ?? []));
}

function mutationProblem(
  { body, clear_body: isCleared, streamed_response: streamed }: BodyMutation__Output,
  sent: Buffer,
): string | undefined {
  if (streamed) return 'streamed_response, which is for full duplex only';
  if (isCleared === true) return 'the body is cleared';
  if (body !== undefined && !body.equals(sent)) return 'the body is replaced by another one';
  return undefined;
}

function differsAt(left: Buffer, right: Buffer): number {
  return left.findIndex((byte, nth) => byte !== right[nth]);
}

function statusOf({ immediate_response: immediate }: ProcessingResponse__Output): string {
  return String(immediate?.status?.code ?? 'none');
}
