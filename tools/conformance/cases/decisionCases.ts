import { type CaseContext, type ConformanceCase, UnexpectedAnswer } from '../conformanceCase.ts';
import { describeEvents } from '../describeReply.ts';
import { destinationHeaderIn } from '../destination.ts';
import { chatBody, destinationKey } from '../pickerMessages.ts';
import { sendRequest } from '../sendRequest.ts';
import { routedExchange } from '../wholeExchange.ts';

/** What a decision looks like. */
export const decisionCases: readonly ConformanceCase[] = [
  {
    name: 'decision/get',
    sends: 'a GET: headers with end_of_stream',
    expects: `one answer; header ${destinationKey} and metadata envoy.lb name the same ip:port`,
    run: async (context) => (await routedExchange(context, {})).received,
  },
  {
    name: 'decision/value',
    sends: 'a GET whose headers are in value, not in raw_value',
    expects: 'a destination',
    run: async (context) => (await routedExchange(context, { valueField: 'value' })).received,
  },
  {
    name: 'decision/client-destination',
    sends: `a GET of a client that names ${destinationKey}: 192.0.2.1:1 itself`,
    expects: 'another destination, which overwrites the header',
    run: async (context) => {
      const stream = context.picker.open();
      await sendRequest(context, stream, { headers: { [destinationKey]: clientsOwn } });
      const received = describeEvents(stream.events);
      const [first] = stream.events;
      const set = first?.kind === 'reply' ? destinationHeaderIn(first.reply) : undefined;
      stream.halfClose();
      if (set === undefined) throw new UnexpectedAnswer('the header is not set', received);
      if (String(set.header?.raw_value ?? set.header?.value).includes(clientsOwn)) {
        throw new UnexpectedAnswer('the client chose the destination', received);
      }
      // Envoy overwrites the header also where no action is set, which is how most pickers are.
      const action = set.append_action ?? 'no append_action';
      if (action === 'ADD_IF_ABSENT') {
        throw new UnexpectedAnswer(`${action} keeps the header of the client`, received);
      }
      return `${received} with ${action}`;
    },
  },
  {
    name: 'decision/one-address',
    sends: 'a GET',
    expects: 'exactly one address, as ORIGINAL_DST takes it',
    feature: 'one-address',
    run: async (context) => {
      const { addresses, received } = await routedExchange(context, {});
      if (addresses.length !== 1) throw new UnexpectedAnswer(`${addresses.length} addresses`, received);
      return received;
    },
  },
  {
    name: 'decision/clear-route-cache',
    sends: 'a GET',
    expects: 'clear_route_cache in the answer',
    feature: 'clear-route-cache',
    run: async (context) => {
      const stream = context.picker.open();
      await sendRequest(context, stream, {});
      stream.halfClose();
      const received = describeEvents(stream.events);
      const [first] = stream.events;
      const reply = first?.kind === 'reply' ? first.reply : undefined;
      if (reply?.request_headers?.response?.clear_route_cache !== true) {
        throw new UnexpectedAnswer('clear_route_cache is not set', received);
      }
      return received;
    },
  },
  {
    name: 'decision/test-header',
    sends: 'a GET with test-epp-endpoint-selection, for each known endpoint, and with its list',
    expects: 'that endpoint; one of the list',
    feature: 'test-header',
    endpoints: 1,
    run: async (context) => {
      for (const endpoint of context.endpoints) {
        await expectFirst(context, { 'test-epp-endpoint-selection': endpoint }, endpoint);
      }
      const headers = { 'test-epp-endpoint-selection': context.endpoints.join(', ') };
      const { addresses, received } = await routedExchange(context, { headers });
      if (!context.endpoints.includes(addresses[0] ?? ''))
        throw new UnexpectedAnswer('not of the list', received);
      return `each of ${context.endpoints.length} endpoints`;
    },
  },
  {
    name: 'decision/many-streams',
    sends: 'as many requests at once as --streams says, all open until all are answered',
    expects: 'a destination for each',
    run: async (context) => {
      const streams = Array.from({ length: context.streams }, () => context.picker.open());
      const body = [chatBody(300, context.model)];
      await Promise.all(streams.map((stream) => sendRequest(context, stream, { pieces: body })));
      const isAnswered = streams.filter(({ events }) => {
        const [first] = events;
        return first?.kind === 'reply' && first.reply.response === 'request_headers';
      });
      for (const stream of streams) stream.halfClose();
      const received = `${isAnswered.length} of ${streams.length} routed`;
      if (isAnswered.length < streams.length) throw new UnexpectedAnswer('some are not routed', received);
      return received;
    },
  },
];

const clientsOwn = '192.0.2.1:1';

async function expectFirst(
  context: CaseContext,
  headers: Readonly<Record<string, string>>,
  endpoint: string,
): Promise<void> {
  const { addresses, received } = await routedExchange(context, { headers });
  if (addresses[0] !== endpoint) throw new UnexpectedAnswer(`not ${endpoint}`, received);
}
