import { status } from '@grpc/grpc-js';
import type { ProcessingResponse__Output } from '../../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { type CaseContext, type ConformanceCase, UnexpectedAnswer } from '../conformanceCase.ts';
import { describeEvents } from '../describeReply.ts';
import {
  chatBody,
  cutBody,
  responseBodyMessage,
  responseHeadersMessage,
  responseTrailersMessage,
} from '../pickerMessages.ts';
import type { PickerStream, StreamedEvent } from '../pickerStream.ts';
import { streamedProblem } from '../requestVerdict.ts';
import { halfCloseToEnd, openRouted } from '../wholeExchange.ts';

/** The response of the pod, where it runs through the picker. */
const json = { ':status': '200', 'content-type': 'application/json' };
const sse = { ':status': '200', 'content-type': 'text/event-stream' };
const left = 'or the stream is finished behind the request, so that the response passes by itself';
const tokens = Array.from({ length: 40 }, (_, nth) =>
  Buffer.from(`data: {"choices":[{"delta":{"content":"${nth}"}}]}\n\n`),
);
const done = Buffer.from('data: [DONE]\n\n');

interface PodResponse {
  readonly headers: Readonly<Record<string, string>>;
  readonly pieces?: readonly Buffer[];
  readonly hasTrailers?: boolean;
  /** Names the pod that served, which is not the one that was chosen where there are two. */
  readonly namesServed?: boolean;
}

const responses: readonly (readonly [string, string, PodResponse])[] = [
  ['headers-alone', 'response headers with end_of_stream', { headers: { ':status': '204' } }],
  [
    'json',
    'response headers and a JSON body of 200 KB in pieces',
    { headers: json, pieces: cutBody(chatBody(200_000, 'answer'), 16_384) },
  ],
  ['sse', 'response headers and 40 events', { headers: sse, pieces: [...tokens, done] }],
  [
    'trailers',
    'response headers, a body without end_of_stream, trailers',
    { headers: json, pieces: [Buffer.from('{}')], hasTrailers: true },
  ],
  ['error', 'response headers of a 500 and its body', { headers: { ':status': '500' }, pieces: [done] }],
  [
    'served',
    'response headers with the pod that served in metadata',
    { headers: json, pieces: [done], namesServed: true },
  ],
];

export const responseCases: readonly ConformanceCase[] = [
  ...responses.map(
    ([name, sends, response]): ConformanceCase => ({
      name: `response/${name}`,
      sends: `a POST, then ${sends}`,
      expects: `an answer to each; in full duplex every byte in order, one end_of_stream; ${left}`,
      modes: ['full-duplex', 'buffered'],
      run: (context) => runResponse(context, response),
    }),
  ),
  {
    name: 'response/test-header-echo',
    sends: 'a POST, then response headers with the pod that served in metadata',
    expects: 'x-conformance-test-served-endpoint with that pod in the answer',
    modes: ['full-duplex', 'buffered'],
    feature: 'test-header',
    run: async (context) => {
      const request = { pieces: [chatBody(300, context.model)] };
      const { stream, addresses } = await openRouted(context, request);
      const [served = ''] = addresses;
      const before = stream.events.length;
      await stream.send(responseHeadersMessage({ ':status': '204' }, true, served));
      await expectReply(stream, 'response_headers', before);
      const [answer] = stream.events.slice(before).flatMap(replyOf);
      const { set_headers: set = [] } = answer?.response_headers?.response?.header_mutation ?? {};
      const echo = set.find(({ header }) => header?.key === 'x-conformance-test-served-endpoint')?.header;
      const received = `${await finish(stream)}; ${echo?.raw_value ?? echo?.value ?? 'no such header'}`;
      if (String(echo?.raw_value ?? echo?.value) !== served) {
        throw new UnexpectedAnswer(`not ${served}`, received);
      }
      return received;
    },
  },
  {
    name: 'response/trailers-only',
    sends: 'a POST, then response trailers, as where only they are configured',
    expects: 'an answer to the trailers; the stream is open until then',
    modes: ['headers'],
    run: async (context) => {
      const { stream } = await openRouted(context, { pieces: [chatBody(300, context.model)] });
      const before = stream.events.length;
      await stream.send(responseTrailersMessage());
      await expectReply(stream, 'response_trailers', before);
      return finish(stream);
    },
  },
];

async function runResponse(context: CaseContext, response: PodResponse): Promise<string> {
  const { headers, pieces = [], hasTrailers = false, namesServed = false } = response;
  const { mode, endpoints } = context;
  const { stream, addresses } = await openRouted(context, { pieces: [chatBody(300, context.model)] });
  const others = endpoints.filter((endpoint) => endpoint !== addresses[0]);
  const served = namesServed ? (others[0] ?? addresses[0]) : undefined;
  if (await isLeft(stream, context)) return describeEvents(stream.events);
  const before = stream.events.length;
  await stream.send(responseHeadersMessage(headers, pieces.length === 0, served));
  await expectReply(stream, 'response_headers', before);
  const bodyStart = stream.events.length;
  const isLast = (nth: number): boolean => nth === pieces.length - 1 && !hasTrailers;
  for (const [nth, piece] of pieces.entries()) {
    await stream.send(responseBodyMessage(piece, isLast(nth)));
    if (mode === 'buffered') await expectReply(stream, 'response_body', bodyStart + nth);
  }
  if (hasTrailers) {
    await stream.send(responseTrailersMessage());
    await expectReply(stream, 'response_trailers', bodyStart);
  }
  const received = await finish(stream);
  const replies = stream.events.slice(bodyStart).flatMap(replyOf);
  if (hasTrailers) replies.pop();
  const problem =
    mode === 'full-duplex'
      ? streamedProblem('response_body', replies, Buffer.concat(pieces), pieces.length > 0 && !hasTrailers)
      : countProblem(replies, pieces.length);
  if (problem !== undefined) throw new UnexpectedAnswer(problem, received);
  return received;
}

const replyOf = (event: StreamedEvent): ProcessingResponse__Output[] =>
  event.kind === 'reply' ? [event.reply] : [];

function countProblem(replies: readonly ProcessingResponse__Output[], pieces: number): string | undefined {
  if (replies.length !== pieces) return `${replies.length} answers to ${pieces} pieces of the body`;
  const isStreamed = replies.some((reply) => reply.response_body?.response?.body_mutation?.streamed_response);
  return isStreamed ? 'streamed_response, which is for full duplex only' : undefined;
}

/** Whether the picker finished the stream behind the request, which only full duplex allows. */
async function isLeft(stream: PickerStream, { mode, quietMs }: CaseContext): Promise<boolean> {
  if (mode !== 'full-duplex') return false;
  const event = await stream.next(quietMs);
  return event.kind === 'ended' && event.code === status.OK;
}

/** @param from what came before does not count */
async function expectReply(
  stream: PickerStream,
  kind: NonNullable<ProcessingResponse__Output['response']>,
  from: number,
): Promise<void> {
  for (;;) {
    const event = await stream.next();
    if (event.kind !== 'reply') {
      const what = `no answer to ${kind}`;
      throw new UnexpectedAnswer(what, describeEvents(stream.events.slice(from)));
    }
    if (event.reply.response === kind) return;
    if (event.reply.response !== 'response_body') {
      const what = `${event.reply.response ?? 'an empty message'} came instead of ${kind}`;
      throw new UnexpectedAnswer(what, describeEvents(stream.events.slice(from)));
    }
  }
}

async function finish(stream: PickerStream): Promise<string> {
  const { code, received } = await halfCloseToEnd(stream);
  if (code !== status.OK) throw new UnexpectedAnswer('the stream ended with an error', received);
  return received;
}
