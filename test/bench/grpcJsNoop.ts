import { type handleBidiStreamingCall, Server, ServerCredentials } from '@grpc/grpc-js';
import { routeReply } from '../../src/extproc/replies.ts';
import type { ProcessingRequest__Output as Request } from '../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { ProcessingResponse as Response } from '../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { externalProcessorService, healthService } from '../../src/proto/services.ts';

/**
 * The least that an ext_proc server on grpc-js can cost: the same answer to every request.
 *
 *   node grpcJsNoop.ts HOST:PORT DESTINATION
 */
const [address = '', destination = ''] = process.argv.slice(2);
const endpoint = { address: destination, weight: 1, labels: {}, models: [] };
const reply = externalProcessorService.Process.responseDeserialize(
  routeReply({ kind: 'route', endpoint, alternates: [], policy: 'random', candidates: 1 }, []),
);

const handle: handleBidiStreamingCall<Request, Response> = (call) => {
  call.on('data', (message: Request) => {
    call.write(message.request === 'request_headers' ? reply : { response_trailers: {} });
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
