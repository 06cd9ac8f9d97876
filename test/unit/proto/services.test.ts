import { once } from 'node:events';
import { credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { ExternalProcessor, Health } from '../../../src/proto/clients.ts';
import type { ExternalProcessorHandlers } from '../../../src/proto/generated/edge/envoy/service/ext_proc/v3/ExternalProcessor.ts';
import type { ProcessingRequest__Output } from '../../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { ProcessingResponse } from '../../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import type { HealthHandlers } from '../../../src/proto/generated/edge/grpc/health/v1/Health.ts';
import type { HealthCheckRequest__Output } from '../../../src/proto/generated/edge/grpc/health/v1/HealthCheckRequest.ts';
import { externalProcessorService, healthService } from '../../../src/proto/services.ts';

const answer: ProcessingResponse = {
  request_headers: {
    response: {
      header_mutation: {
        set_headers: [
          {
            header: { key: 'x-gateway-destination-endpoint', raw_value: Buffer.from('10.0.0.1:8000') },
            append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
          },
        ],
      },
    },
  },
  dynamic_metadata: {
    fields: { 'envoy.lb': { structValue: { fields: { endpoint: { stringValue: '10.0.0.1:8000' } } } } },
  },
  mode_override: { response_trailer_mode: 'SEND' },
};

describe('the services mounted on a server', () => {
  const server = new Server();
  const requests: ProcessingRequest__Output[] = [];
  const healthAsked: HealthCheckRequest__Output[] = [];
  let address = '';

  beforeAll(async () => {
    const scheduler: ExternalProcessorHandlers = {
      Process: (call) => {
        call.on('data', (request) => {
          requests.push(request);
          call.write(answer);
        });
        call.on('end', () => call.end());
      },
    };
    const health: HealthHandlers = {
      Check: (call, reply) => {
        healthAsked.push(call.request);
        reply(null, { status: 'NOT_SERVING' });
      },
      List: (_call, reply) => reply(null, { statuses: { readiness: { status: 'SERVING' } } }),
      Watch: (call) => {
        call.write({ status: 'SERVICE_UNKNOWN' });
        call.end();
      },
    };
    server.addService(externalProcessorService, scheduler);
    server.addService(healthService, health);
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    address = `127.0.0.1:${port}`;
  });

  afterAll(() => server.forceShutdown());

  it('carry a request and its answer over a stream, bytes and metadata unharmed', async () => {
    const client = new ExternalProcessor(address, credentials.createInsecure());
    try {
      const stream = client.Process();
      const rawValue = Buffer.from([0x2f, 0xff, 0x00]);
      stream.write({
        request_headers: { headers: { headers: [{ key: ':path', raw_value: rawValue }] } },
        metadata_context: { filter_metadata: { 'envoy.lb': { fields: { n: { numberValue: 1.5 } } } } },
      });
      const [received] = await once(stream, 'data');
      const finished = once(stream, 'end');
      stream.end();
      await finished;

      expect(requests).toHaveLength(1);
      expect(requests[0]?.request).toBe('request_headers');
      expect(requests[0]?.request_headers?.headers?.headers).toEqual([{ key: ':path', raw_value: rawValue }]);
      expect(requests[0]?.metadata_context?.filter_metadata?.['envoy.lb']?.fields?.n?.numberValue).toBe(1.5);
      expect(received).toMatchObject(answer);
      expect(received.response).toBe('request_headers');

      // What was not sent is left out, not filled with defaults.
      expect(requests[0]).not.toHaveProperty('request_body');
      expect(requests[0]).not.toHaveProperty('observability_mode');
      expect(requests[0]?.request_headers).not.toHaveProperty('end_of_stream');
    } finally {
      client.close();
    }
  });

  it('answer the three health calls', async () => {
    const client = new Health(address, credentials.createInsecure());
    try {
      const checked = await new Promise((resolve, reject) =>
        client.Check({}, (error, response) => (error ? reject(error) : resolve(response))),
      );
      expect(checked).toEqual({ status: 'NOT_SERVING' });
      expect(healthAsked).toEqual([{}]);

      const listed = await new Promise((resolve, reject) =>
        client.List({}, (error, response) => (error ? reject(error) : resolve(response))),
      );
      expect(listed).toEqual({ statuses: { readiness: { status: 'SERVING' } } });

      const [watched] = await once(client.Watch({ service: 'unknown' }), 'data');
      expect(watched).toEqual({ status: 'SERVICE_UNKNOWN' });
    } finally {
      client.close();
    }
  });
});
