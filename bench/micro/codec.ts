import { ProcessingRequestReader } from '../../src/extproc/processingRequestReader.ts';
import { RouteReplies } from '../../src/extproc/routeReplies.ts';
import { externalProcessorService } from '../../src/proto/services.ts';
import { readSchedulingRequest } from '../../src/request/readSchedulingRequest.ts';
import { endpoints } from '../../test/support/endpoints.ts';
import { medianMicrosOfShort, print } from './time.ts';

/**
 * The cost of decoding and encoding a message: the handwritten codec beside protobufjs, which
 * creates objects.
 */
const { requestSerialize, requestDeserialize, responseSerialize } = externalProcessorService.Process;

const header = (key: string, text: string) => ({ key, raw_value: Buffer.from(text) });
const usual = [
  header(':authority', 'models.example'),
  header(':path', '/v1/chat/completions'),
  header(':method', 'POST'),
  header('x-request-id', '3a6c1a2e-5d0f-4f35-8b9e-0f1f8f3c7a55'),
];
const traced = header('traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
const subset = {
  filter_metadata: {
    'envoy.lb.subset_hint': {
      fields: {
        'x-gateway-destination-endpoint-subset': { stringValue: '10.0.0.1:8000,10.0.0.2:8000' },
      },
    },
  },
};

const messages: readonly [what: string, bytes: Buffer][] = [
  ['a message without headers', requestSerialize({ request_headers: {} })],
  ['a message with 4 headers', requestSerialize({ request_headers: { headers: { headers: usual } } })],
  [
    'a message with 5 headers, traced, and a subset',
    requestSerialize({
      request_headers: { headers: { headers: [...usual, traced] } },
      metadata_context: subset,
    }),
  ],
];

for (const [what, bytes] of messages) {
  const scan = medianMicrosOfShort(() => readSchedulingRequest(new ProcessingRequestReader(bytes)));
  const objects = medianMicrosOfShort(() => requestDeserialize(bytes));
  print(`reading ${what}, ${bytes.length} bytes`, scan, 'µs');
  print('  by protobufjs', objects, 'µs');
}

const [endpoint, ...alternates] = endpoints(3);
if (endpoint === undefined) throw new Error('there are three');
const route = { kind: 'route', endpoint, alternates, policy: 'least-request', candidates: 3 } as const;
const routeReplies = new RouteReplies();
const written = Buffer.from(routeReplies.encode(route));
print(
  `writing the reply that names a pod and two alternates, ${written.length} bytes`,
  medianMicrosOfShort(() => routeReplies.encode(route)),
  'µs',
);
const reply = externalProcessorService.Process.responseDeserialize(written);
print(
  '  by protobufjs, the object given',
  medianMicrosOfShort(() => responseSerialize(reply)),
  'µs',
);
