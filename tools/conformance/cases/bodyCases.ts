import { type CaseContext, type ConformanceCase, UnexpectedAnswer } from '../conformanceCase.ts';
import { chatBody, cutBody } from '../pickerMessages.ts';
import type { ProxiedRequest } from '../sendRequest.ts';
import { exchange, routedExchange } from '../wholeExchange.ts';

/** Bodies of requests: every byte arrives at the pod, behind the decision. */
const inOrder = 'the answer to the headers, then every byte in order in safe pieces, one end_of_stream';
const expects = `a destination; in full duplex ${inOrder}`;

/** @param piecesOf the body in pieces */
function bodyCase(
  name: string,
  sends: string,
  piecesOf: (model: string) => readonly Buffer[],
  more: Partial<ConformanceCase> & { readonly request?: ProxiedRequest } = {},
): ConformanceCase {
  const { request, ...rest } = more;
  const run = async (context: CaseContext): Promise<string> =>
    (await routedExchange(context, { ...request, pieces: piecesOf(context.model) })).received;
  return { name: `body/${name}`, sends: `a POST ${sends}`, expects, run, ...rest };
}

const empty = Buffer.alloc(0);
/** The message size at which most gRPC servers stop to read is 4 MiB. */
const messageOf200Kb = 200_000;

export const bodyCases: readonly ConformanceCase[] = [
  bodyCase('one-piece', 'whose body comes in one piece', (model) => [chatBody(300, model)]),
  bodyCase('pieces', 'whose body comes in many pieces', (model) => cutBody(chatBody(20_000, model), 777)),
  bodyCase('single-bytes', 'whose body comes byte by byte', (model) => cutBody(chatBody(200, model), 1)),
  bodyCase('empty-last-piece', 'whose last piece is empty and has end_of_stream', (model) => [
    chatBody(300, model),
    empty,
  ]),
  bodyCase('chunked', 'without content-length', (model) => cutBody(chatBody(5000, model), 1000), {
    request: { announcesLength: false },
  }),
  bodyCase(
    'trailers',
    'whose body ends without end_of_stream, then trailers',
    (model) => cutBody(chatBody(5000, model), 1000),
    {
      modes: ['full-duplex', 'buffered'],
      request: { endsWith: 'trailers' },
      expects: `${expects}; in place of an end the answer to the trailers`,
    },
  ),
  bodyCase('long-message', 'whose body comes in one message of 200 KB', (model) => [
    chatBody(messageOf200Kb, model),
  ]),
  bodyCase('300-kb', 'of 300 KB in pieces of 16 KiB', (model) => cutBody(chatBody(300_000, model), 16_384)),
  bodyCase('20-mb', 'of 20 MB in pieces of 64 KiB', (model) => cutBody(chatBody(20_000_000, model), 65_536), {
    modes: ['full-duplex'],
  }),
  {
    name: 'body/empty',
    sends: 'a POST with an empty body: one empty piece with end_of_stream',
    expects: 'a destination and the end of the body, or a rejection with 4xx',
    run: async (context) => {
      const { verdict, received } = await exchange(context, { pieces: [empty] });
      if (verdict.kind === 'violation') throw new UnexpectedAnswer(verdict.what, received);
      if (verdict.kind === 'rejected' && !isClientError(verdict.status)) {
        throw new UnexpectedAnswer(`rejected with ${verdict.status}`, received);
      }
      return received;
    },
  },
];

/** Of the codec: a number, or a name where it knows one. */
function isClientError(status: string): boolean {
  return /^4\d\d$/.test(status) || ['BadRequest', 'UnprocessableEntity', 'NotFound'].includes(status);
}
