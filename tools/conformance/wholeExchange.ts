import type { status } from '@grpc/grpc-js';
import { type CaseContext, UnexpectedAnswer } from './conformanceCase.ts';
import { describeEvents } from './describeReply.ts';
import type { PickerStream } from './pickerStream.ts';
import { judgeRequest, type RequestVerdict } from './requestVerdict.ts';
import { type ProxiedRequest, sendRequest } from './sendRequest.ts';

/** A stream whose request has been answered. */
export interface RoutedStream {
  readonly stream: PickerStream;
  readonly addresses: readonly string[];
}

export interface RoutedExchange {
  readonly addresses: readonly string[];
  /** In one line. */
  readonly received: string;
}

/**
 * A request from its headers to the end of its stream. The half-close behind the last answer shows
 * what a picker sends that no one waits for.
 */
export async function exchange(
  context: CaseContext,
  request: ProxiedRequest,
): Promise<{ readonly verdict: RequestVerdict; readonly received: string }> {
  const stream = context.picker.open();
  await sendRequest(context, stream, request);
  const wasOver = stream.isOver;
  stream.halfClose();
  const end = await stream.ended();
  const received = describeEvents(stream.events);
  const verdict = judgeRequest(context.mode, request, stream.events);
  if (end.kind === 'silent' && verdict.kind !== 'violation') {
    await stream.abort();
    const what = `the stream is not ended behind ${wasOver ? 'its last answer' : 'a half-close'}`;
    return { verdict: { kind: 'violation', what }, received };
  }
  return { verdict, received };
}

/** @throws UnexpectedAnswer where it is not routed */
export async function routedExchange(context: CaseContext, request: ProxiedRequest): Promise<RoutedExchange> {
  const { verdict, received } = await exchange(context, request);
  return { addresses: addressesOf(verdict, received), received };
}

/** A request whose stream stays open for its response. */
export async function openRouted(context: CaseContext, request: ProxiedRequest): Promise<RoutedStream> {
  const stream = context.picker.open();
  await sendRequest(context, stream, request);
  const verdict = judgeRequest(context.mode, request, stream.events);
  return { stream, addresses: addressesOf(verdict, describeEvents(stream.events)) };
}

function addressesOf(verdict: RequestVerdict, received: string): readonly string[] {
  switch (verdict.kind) {
    case 'routed':
      return verdict.addresses;
    case 'rejected':
      throw new UnexpectedAnswer(`rejected with ${verdict.status}`, received);
    case 'violation':
      throw new UnexpectedAnswer(verdict.what, received);
    default:
      return verdict satisfies never;
  }
}

/**
 * Half-closes a stream and waits for its end.
 *
 * @throws UnexpectedAnswer where it does not end
 */
export async function halfCloseToEnd(
  stream: PickerStream,
): Promise<{ readonly code: status; readonly received: string }> {
  stream.halfClose();
  const end = await stream.ended();
  const received = describeEvents(stream.events);
  if (end.kind !== 'silent') return { code: end.code, received };
  await stream.abort();
  throw new UnexpectedAnswer('the stream is not ended behind a half-close', received);
}

/** The picker is well: it routes a GET. */
export async function stillRoutes(context: CaseContext): Promise<string> {
  return (await routedExchange(context, {})).received;
}
