import type { Value } from '../../../src/proto/generated/edge/google/protobuf/Value.ts';
import { type CaseContext, type ConformanceCase, listValue, UnexpectedAnswer } from '../conformanceCase.ts';
import { chatBody } from '../pickerMessages.ts';
import { exchange, routedExchange } from '../wholeExchange.ts';

/** The subset hint: metadata that limits a request to some endpoints. */
const stranger = '192.0.2.1:8000';

interface SubsetCase {
  readonly name: string;
  readonly sends: string;
  readonly endpoints: 1 | 2;
  readonly hint: (endpoints: readonly string[]) => Value;
  /** Which endpoints are inside. */
  readonly inside: (endpoints: readonly string[]) => (address: string) => boolean;
}

const isFirst =
  ([first]: readonly string[]) =>
  (address: string): boolean =>
    address === first;
const isFirstTwo =
  ([first, second]: readonly string[]) =>
  (address: string): boolean =>
    address === first || address === second;
const ipOf = (address = ''): string => address.slice(0, address.lastIndexOf(':'));

const matching: readonly SubsetCase[] = [
  {
    name: 'string',
    sends: 'a hint that is a string with one endpoint',
    endpoints: 1,
    hint: ([first = '']) => ({ stringValue: first }),
    inside: isFirst,
  },
  {
    name: 'list',
    sends: 'a hint that is a list with one endpoint',
    endpoints: 1,
    hint: ([first = '']) => listValue(first),
    inside: isFirst,
  },
  {
    name: 'two',
    sends: 'a hint that is a list of two endpoints',
    endpoints: 2,
    hint: ([first = '', second = '']) => listValue(first, second),
    inside: isFirstTwo,
  },
  {
    name: 'stranger',
    sends: 'a hint with one endpoint and an address that is none',
    endpoints: 1,
    hint: ([first = '']) => ({ stringValue: `${stranger},${first}` }),
    inside: isFirst,
  },
  {
    name: 'spaces',
    sends: 'a hint that is a string with spaces around the endpoints',
    endpoints: 1,
    hint: ([first = '']) => ({ stringValue: ` ${first} , ${stranger} ` }),
    inside: isFirst,
  },
  {
    name: 'comma-lists',
    sends: 'a hint that is a list of comma-separated strings',
    endpoints: 2,
    hint: ([first = '', second = '']) => listValue(`${stranger},${first}`, second),
    inside: isFirstTwo,
  },
  {
    name: 'bare-ip',
    sends: 'a hint that is an IP without a port',
    endpoints: 1,
    hint: ([first]) => ({ stringValue: ipOf(first) }),
    inside:
      ([first]) =>
      (address) =>
        ipOf(address) === ipOf(first),
  },
];

const empty: readonly (readonly [name: string, sends: string, hint: Value])[] = [
  ['unknown', 'a hint that no endpoint matches', listValue(stranger)],
  ['unknown-string', 'the same as a string', { stringValue: stranger }],
  ['empty-list', 'a hint that is an empty list', { listValue: { values: [] } }],
  ['empty-string', 'a hint that is an empty string', { stringValue: '' }],
];

/** Enough that a picker that ignores the hint is found out, however it chooses. */
const repeats = 6;

export const subsetCases: readonly ConformanceCase[] = [
  ...matching.map(
    ({ name, sends, endpoints, hint, inside }): ConformanceCase => ({
      name: `subset/${name}`,
      sends: `${repeats} GETs and a POST, each with ${sends}`,
      expects: 'each destination, alternates too, is in the subset',
      endpoints,
      run: async (context) => {
        // The last ones: a picker that ignores the hint tends to choose the first.
        const known = context.endpoints.toReversed();
        const subset = hint(known);
        let received = '';
        for (let nth = 0; nth <= repeats; nth += 1) {
          const pieces = nth === repeats ? { pieces: [chatBody(300, context.model)] } : {};
          const routed = await routedExchange(context, { subset, ...pieces });
          received = routed.received;
          const outside = routed.addresses.find((address) => !inside(known)(address));
          if (outside !== undefined) throw new UnexpectedAnswer(`${outside} is outside`, received);
        }
        return received;
      },
    }),
  ),
  ...empty.map(
    ([name, sends, subset]): ConformanceCase => ({
      name: `subset/${name}`,
      sends: `a GET and a POST with ${sends}`,
      expects: 'one ImmediateResponse with 503, and nothing behind it',
      run: async (context) => {
        await expect503(context, subset, undefined);
        return expect503(context, subset, [chatBody(300, context.model), Buffer.from(' ')]);
      },
    }),
  ),
];

async function expect503(
  context: CaseContext,
  subset: Value,
  pieces: readonly Buffer[] | undefined,
): Promise<string> {
  const { verdict, received } = await exchange(context, { subset, ...(pieces && { pieces }) });
  if (verdict.kind === 'violation') throw new UnexpectedAnswer(verdict.what, received);
  if (verdict.kind === 'routed') throw new UnexpectedAnswer('it is routed', received);
  if (!['503', 'ServiceUnavailable'].includes(verdict.status)) {
    throw new UnexpectedAnswer(`rejected with ${verdict.status}`, received);
  }
  return received;
}
