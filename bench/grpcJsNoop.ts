import { type handleBidiStreamingCall, Server, ServerCredentials } from '@grpc/grpc-js';
import { RouteReplies } from '../src/extproc/routeReplies.ts';
import type { ProcessingRequest__Output as Request } from '../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { ProcessingResponse as Response } from '../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { externalProcessorService, healthService } from '../src/proto/services.ts';

/**
 * The minimum cost of an ext_proc server on grpc-js: it names the pods in turn.
 *
 * node grpcJsNoop.ts HOST:PORT POD…
 */
const [address = '', ...pods] = process.argv.slice(2);
const endpoints = pods.map((pod) => ({ address: pod, weight: 1, labels: {}, models: [] }));
const routeReplies = new RouteReplies();
const replies = endpoints.map((endpoint, index) => {
  const alternates = [...endpoints.slice(index + 1), ...endpoints.slice(0, index)];
  const route = { kind: 'route', endpoint, alternates, policy: 'random', candidates: pods.length } as const;
  return externalProcessorService.Process.responseDeserialize(Buffer.from(routeReplies.encode(route)));
});
let turn = 0;

function nextReply(): Response {
  turn = (turn + 1) % replies.length;
  return replies[turn] as Response;
}

const handle: handleBidiStreamingCall<Request, Response> = (call) => {
  call.on('data', (message: Request) => {
    call.write(message.request === 'request_headers' ? nextReply() : { response_trailers: {} });
  });
  call.on('end', () => call.end());
  call.on('error', () => {});
};

const server = new Server({ 'grpc.max_concurrent_streams': 2 ** 31 - 1 });
server.addService(externalProcessorService, { Process: handle });
server.addService(healthService, {
  Check: (_call: unknown, answer: (error: null, value: object) => void) => {
    answer(null, { status: 'SERVING' });
  },
  List: (_call: unknown, answer: (error: null, value: object) => void) => answer(null, { statuses: {} }),
  Watch: () => {},
});
server.bindAsync(address, ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error;
});
