import fc from 'fast-check';
import { ProcessingRequestReader } from '../../src/extproc/processingRequestReader.ts';
import { RouteReplies } from '../../src/extproc/routeReplies.ts';
import type { ProcessingRequest } from '../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { ListValue } from '../../src/proto/generated/edge/google/protobuf/ListValue.ts';
import type { Value } from '../../src/proto/generated/edge/google/protobuf/Value.ts';
import { externalProcessorService } from '../../src/proto/services.ts';
import { MalformedMessage } from '../../src/proto/wire/wireReader.ts';
import { readSchedulingRequest } from '../../src/request/readSchedulingRequest.ts';
import type { Route } from '../../src/scheduling/decision.ts';

/** The hand-written codec against proto-loader's, which decodes and encodes whole messages. */
const { requestSerialize, requestDeserialize, responseDeserialize } = externalProcessorService.Process;

const names = ['routing-strategy', 'traceparent', ':path', 'x-other', 'routing-strategie', ''];
const namespaces = ['envoy.lb.subset_hint', 'envoy.lb', ''];
const keys = ['x-gateway-destination-endpoint-subset', 'other', ''];

const header = fc.record({
  key: fc.constantFrom(...names),
  value: fc.string({ unit: 'grapheme', maxLength: 20 }),
  raw_value: fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 200 }).map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 10 }).map((bytes) => Buffer.from(bytes)),
  ),
});
const headers = fc.record({
  headers: fc.record({ headers: fc.array(header, { maxLength: 20 }) }, { requiredKeys: [] }),
  end_of_stream: fc.boolean(),
});
const text = fc.oneof(
  fc.constantFrom('10.0.0.1:80,10.0.0.2:80', ' [2001:DB8::1]:1 ', ','),
  fc.string({ unit: 'grapheme' }),
);
const { list } = fc.letrec<{ list: Value; member: Value }>((tie) => ({
  list: fc.array(tie('member'), { maxLength: 5 }).map((values) => ({ listValue: { values } })),
  member: fc.oneof(
    { maxDepth: 5 },
    text.map((stringValue) => ({ stringValue })),
    fc.constantFrom<Value>({ numberValue: 1 }, {}),
    tie('list'),
  ),
}));
const value: fc.Arbitrary<Value> = fc.oneof(
  text.map((stringValue) => ({ stringValue })),
  list,
  fc.double().map((numberValue) => ({ numberValue })),
  fc.boolean().map((boolValue) => ({ boolValue })),
  fc.constant({ structValue: { fields: { a: { stringValue: 'b' } } } }),
);
const struct = fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 3 }).map((fields) => ({ fields }));
const body = fc.record({ body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) });
const trailers = fc.record({ trailers: fc.record({ headers: fc.array(header, { maxLength: 3 }) }) });
const part = fc.oneof(
  { weight: 5, arbitrary: headers.map((request_headers) => ({ request_headers })) },
  headers.map((response_headers) => ({ response_headers })),
  body.map((request_body) => ({ request_body })),
  body.map((response_body) => ({ response_body })),
  trailers.map((request_trailers) => ({ request_trailers })),
  trailers.map((response_trailers) => ({ response_trailers })),
  fc.constant({}),
);
const otherFields = fc.record(
  {
    metadata_context: fc.record({
      filter_metadata: fc.dictionary(fc.constantFrom(...namespaces), struct, { maxKeys: 3 }),
    }),
    attributes: fc.dictionary(fc.string(), struct, { maxKeys: 2 }),
    observability_mode: fc.boolean(),
    protocol_config: fc.constant({ send_body_without_waiting_for_header_response: true }),
  },
  { requiredKeys: [] },
);
const request = fc
  .tuple(part, otherFields)
  .map(([exchangePart, others]): ProcessingRequest => ({ ...exchangePart, ...others }) as ProcessingRequest);

/** Fields of later versions, by every wire type. */
const unknownFields = fc
  .array(
    fc.constantFrom(
      [0xa0, 0x06, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
      [0xa1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8],
      [0xa2, 0x06, 3, 97, 98, 99],
      [0xa3, 0x06, 0x08, 0x01, 0x0b, 0x0c, 0xa4, 0x06],
      [0xa5, 0x06, 1, 2, 3, 4],
    ),
    { maxLength: 3 },
  )
  .map((fields) => Buffer.from(fields.flat()));

describe('a ProcessingRequest', () => {
  it('is read as proto-loader reads it', () => {
    fc.assert(
      fc.property(request, unknownFields, unknownFields, (message, before, behind) => {
        const bytes = Buffer.concat([before, requestSerialize(message), behind]);
        const whole = requestDeserialize(bytes);
        const reader = new ProcessingRequestReader(bytes);
        expect(reader.kind).toBe(whole.request);
        expect(reader.observabilityMode).toBe(whole.observability_mode ?? false);
        for (const name of names) expect(reader.header(name)).toBe(headerOf(whole, name));
        for (const namespace of namespaces) {
          for (const key of keys) {
            expect(reader.metadataTexts(namespace, key, Number.MAX_SAFE_INTEGER)).toEqual(
              textsOf(whole, namespace, key),
            );
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('that is invalid is refused and never read beyond its end', () => {
    const changed = fc
      .tuple(request, fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 5 }), fc.nat(2000))
      .map(([message, changes, length]) => {
        const bytes = Buffer.from(requestSerialize(message));
        for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
        return bytes.subarray(0, length);
      });
    fc.assert(
      fc.property(
        fc.oneof(
          changed,
          fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        ),
        (bytes) => {
          try {
            readSchedulingRequest(new ProcessingRequestReader(bytes));
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedMessage);
          }
        },
      ),
      { numRuns: 600 },
    );
  });
});

describe('the reply with a destination', () => {
  it('is decoded by proto-loader, whatever its length', () => {
    const address = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20_000 });
    const addresses = fc.array(address, { minLength: 1, maxLength: 3 });
    const extra = fc.array(fc.string({ unit: 'grapheme-ascii', maxLength: 200 }), { maxLength: 3 });
    fc.assert(
      fc.property(addresses, extra, (all, extraHeaders) => {
        const replies = new RouteReplies({ extraHeaders: extraHeaders });
        // The reply before it has the same layout.
        replies.encode(routeTo(all.map((each) => 'x'.repeat(each.length))));
        const reply = responseDeserialize(Buffer.from(replies.encode(routeTo(all))));
        const set = reply.request_headers?.response?.header_mutation?.set_headers ?? [];
        expect(set.map(({ header: each }) => [each?.key ?? '', each?.raw_value?.toString()])).toEqual([
          ['x-gateway-destination-endpoint', all.join(',')],
          ...extraHeaders.map((name) => [name, all[0]]),
        ]);
        expect(set.every(({ append_action }) => append_action === 'OVERWRITE_IF_EXISTS_OR_ADD')).toBe(true);
        const lb = reply.dynamic_metadata?.fields?.['envoy.lb']?.structValue?.fields;
        expect(lb?.['x-gateway-destination-endpoint']?.stringValue).toBe(all.join(','));
        expect(reply.response).toBe('request_headers');
      }),
      { numRuns: 300 },
    );
  });
});

function routeTo(addresses: readonly string[]): Route {
  const all = addresses.map((address) => ({ address, weight: 1, labels: {}, models: [] }));
  const [endpoint, ...alternates] = all;
  if (endpoint === undefined) throw new Error('a route has an endpoint');
  return { kind: 'route', endpoint, alternates, policy: 'random', candidates: 1 };
}

type Whole = ReturnType<typeof requestDeserialize>;

/** The header of a message that carries headers or trailers. */
function headerOf(whole: Whole, name: string): string | undefined {
  const headersPart =
    whole.request_headers ?? whole.response_headers ?? whole.request_trailers ?? whole.response_trailers;
  if (headersPart === undefined) return undefined;
  const map =
    'trailers' in headersPart
      ? headersPart.trailers
      : (headersPart as { headers?: Whole['request_headers'] }).headers;
  const found = (
    map as { headers?: { key?: string; value?: string; raw_value?: Buffer }[] } | undefined
  )?.headers?.find(({ key = '' }) => key === name);
  if (found === undefined) return undefined;
  return found.raw_value?.length ? found.raw_value.toString() : (found.value ?? '');
}

function textsOf(whole: Whole, namespace: string, key: string): string | readonly string[] | undefined {
  const found = whole.metadata_context?.filter_metadata?.[namespace]?.fields?.[key];
  if (found === undefined) return undefined;
  return found.listValue === undefined ? (found.stringValue ?? []) : textsIn(found.listValue);
}

function textsIn({ values = [] }: ListValue): readonly string[] {
  return values.flatMap(({ listValue, stringValue }) =>
    listValue ? textsIn(listValue) : [stringValue ?? ''],
  );
}
