import { externalProcessorService } from '../../../src/proto/services.ts';
import { type CaseContext, type ConformanceCase, UnexpectedAnswer } from '../conformanceCase.ts';
import { describeEvents } from '../describeReply.ts';
import {
  chatBody,
  requestBodyMessage,
  requestHeadersMessage,
  responseHeadersMessage,
} from '../pickerMessages.ts';
import type { PickerMessage } from '../pickerStream.ts';
import { requestHeadersOf } from '../sendRequest.ts';
import { halfCloseToEnd, routedExchange, stillRoutes } from '../wholeExchange.ts';

/** Messages that no gateway sends, or none yet: one stream may fail, the picker may not. */
const survives = 'that stream ends or goes on; the next GET is routed';

function hostileCase(
  name: string,
  sends: string,
  messages: (context: CaseContext) => readonly PickerMessage[],
): ConformanceCase {
  return {
    name: `hostile/${name}`,
    sends,
    expects: survives,
    run: async (context) => {
      const stream = context.picker.open();
      for (const message of messages(context)) await stream.send(message);
      const { received } = await halfCloseToEnd(stream);
      await stillRoutes(context);
      return received;
    },
  };
}

export const hostileCases: readonly ConformanceCase[] = [
  {
    name: 'hostile/unknown-fields',
    sends: 'a GET whose message has fields that no release knows, at two levels',
    expects: 'the fields are skipped: a destination',
    run: async (context) => {
      const stream = context.picker.open();
      await stream.send(withUnknownFields(context));
      stream.halfClose();
      await stream.ended();
      const received = describeEvents(stream.events);
      const [first] = stream.events;
      if (first?.kind !== 'reply' || first.reply.response !== 'request_headers') {
        throw new UnexpectedAnswer('the headers are not answered', received);
      }
      return received;
    },
  },
  {
    name: 'hostile/long-header',
    sends: 'a GET with a header of 60 KB',
    expects: 'a destination',
    run: async (context) =>
      (await routedExchange(context, { headers: { cookie: 'c'.repeat(60_000) } })).received,
  },
  hostileCase('garbage', 'bytes that are no message', () => [Buffer.from('ff'.repeat(40), 'hex')]),
  hostileCase('cut-message', 'the first half of a message of headers', (context) => [
    encode(context).subarray(0, 40),
  ]),
  hostileCase('empty-message', 'a message without headers, body or trailers', () => [Buffer.alloc(0)]),
  hostileCase('body-first', 'a body without headers', ({ model }) => [
    requestBodyMessage(chatBody(300, model), true),
  ]),
  hostileCase('response-first', 'response headers without a request', () => [
    responseHeadersMessage({ ':status': '200' }, true),
  ]),
  hostileCase('headers-twice', 'the headers of a GET twice', (context) => [encode(context), encode(context)]),
  {
    name: 'hostile/unknown-method',
    sends: 'a call of a method that the service does not have',
    expects: 'UNIMPLEMENTED; the next GET is routed',
    run: async (context) => {
      const stream = context.picker.open('/envoy.service.ext_proc.v3.ExternalProcessor/Other');
      stream.halfClose();
      const end = await stream.ended();
      const received = describeEvents(stream.events);
      if (end.kind !== 'ended' || end.code !== 12) throw new UnexpectedAnswer('not UNIMPLEMENTED', received);
      await stillRoutes(context);
      return received;
    },
  },
];

function encode({ mode, isAnnounced }: CaseContext): Buffer {
  return externalProcessorService.Process.requestSerialize(
    requestHeadersMessage({
      headers: requestHeadersOf({}),
      isEndOfStream: true,
      mode: isAnnounced ? mode : undefined,
    }),
  );
}

/** Fields 900 (a number) and 901 (bytes) in the message, and 900 in its headers. */
function withUnknownFields(context: CaseContext): Buffer {
  const unknown = Buffer.concat([
    varint(900 * 8),
    varint(7),
    varint(901 * 8 + 2),
    varint(3),
    Buffer.from('abc'),
  ]);
  // A message field that comes twice is merged: here with headers of nothing but an unknown field.
  const inHeaders = Buffer.concat([varint(900 * 8), varint(7)]);
  const again = Buffer.concat([varint(2 * 8 + 2), varint(inHeaders.length), inHeaders]);
  return Buffer.concat([unknown, again, encode(context), unknown]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}
