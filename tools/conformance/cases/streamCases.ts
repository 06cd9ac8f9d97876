import { status } from '@grpc/grpc-js';
import { type CaseContext, type ConformanceCase, UnexpectedAnswer } from '../conformanceCase.ts';
import { describeEvents } from '../describeReply.ts';
import { chatBody, requestBodyMessage, requestHeadersMessage } from '../pickerMessages.ts';
import type { PickerStream } from '../pickerStream.ts';
import { requestHeadersOf } from '../sendRequest.ts';
import { openRouted, stillRoutes } from '../wholeExchange.ts';

/** How streams end, and what is left when a client leaves. */
export const streamCases: readonly ConformanceCase[] = [
  {
    name: 'stream/half-close',
    sends: 'a GET, and a half-close behind its answer',
    expects: 'the picker ends the stream with OK',
    run: async (context) => {
      const { stream } = await openRouted(context, {});
      stream.halfClose();
      return expectOk(stream);
    },
  },
  {
    name: 'stream/half-close-at-once',
    sends: 'a GET and a half-close, without waiting for an answer',
    expects: 'the answer, then the end of the stream with OK',
    run: async (context) => {
      const stream = context.picker.open();
      await stream.send(getHeaders(context));
      stream.halfClose();
      const received = await expectOk(stream);
      const [first] = stream.events;
      if (first?.kind !== 'reply') throw new UnexpectedAnswer('it is not answered', received);
      return received;
    },
  },
  {
    name: 'stream/empty',
    sends: 'a stream with no message, and a half-close',
    expects: 'the end of the stream',
    run: async (context) => {
      const stream = context.picker.open();
      stream.halfClose();
      return expectEnd(stream);
    },
  },
  {
    name: 'stream/half-close-midway',
    sends: 'half a body, and a half-close',
    expects: 'the end of the stream; the next GET is routed',
    run: async (context) => {
      const stream = await halfSent(context);
      stream.halfClose();
      const received = await expectEnd(stream);
      await stillRoutes(context);
      return received;
    },
  },
  {
    name: 'stream/abort-midway',
    sends: 'half a body, then a reset: the client left',
    expects: 'health still SERVING; the next GET is routed',
    run: async (context) => {
      const stream = await halfSent(context);
      await stream.abort();
      const health = await context.picker.health('');
      if (health !== 'SERVING') throw new UnexpectedAnswer('not SERVING', `health ${health}`);
      return `health ${health}; ${await stillRoutes(context)}`;
    },
  },
  {
    name: 'stream/many-aborts',
    sends: 'as many resets as --streams says, each right behind its headers',
    expects: 'the next GET is routed, on the same connection',
    run: async (context) => {
      for (let nth = 0; nth < context.streams; nth += 1) {
        const stream = context.picker.open();
        await stream.send(getHeaders(context));
        await stream.abort();
      }
      return stillRoutes(context);
    },
  },
];

function getHeaders({ mode, isAnnounced }: CaseContext) {
  return requestHeadersMessage({
    headers: requestHeadersOf({}),
    isEndOfStream: true,
    mode: isAnnounced ? mode : undefined,
  });
}

/** A stream with the headers and the first half of a body. */
async function halfSent({ picker, mode, isAnnounced, model }: CaseContext): Promise<PickerStream> {
  const body = chatBody(10_000, model);
  const stream = picker.open();
  await stream.send(
    requestHeadersMessage({
      headers: requestHeadersOf({ pieces: [body] }),
      isEndOfStream: false,
      mode: isAnnounced ? mode : undefined,
    }),
  );
  if (mode === 'full-duplex') await stream.send(requestBodyMessage(body.subarray(0, 5000), false));
  return stream;
}

async function expectEnd(stream: PickerStream): Promise<string> {
  const end = await stream.ended();
  const received = describeEvents(stream.events);
  if (end.kind === 'silent') {
    await stream.abort();
    throw new UnexpectedAnswer('the stream is not ended', received);
  }
  return received;
}

async function expectOk(stream: PickerStream): Promise<string> {
  const received = await expectEnd(stream);
  const end = stream.events.at(-1);
  if (end?.kind !== 'ended' || end.code !== status.OK) {
    throw new UnexpectedAnswer('the stream does not end with OK', received);
  }
  return received;
}
