import {
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  logVerbosity,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  setLogVerbosity,
  status,
} from '@grpc/grpc-js';
import type { ProcessingRequest__Output as Request } from '../../proto/generated/edge/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { ProcessingResponse as Response } from '../../proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import type { HealthCheckRequest__Output } from '../../proto/generated/edge/grpc/health/v1/HealthCheckRequest.ts';
import type { HealthCheckResponse } from '../../proto/generated/edge/grpc/health/v1/HealthCheckResponse.ts';
import type { HealthListRequest__Output } from '../../proto/generated/edge/grpc/health/v1/HealthListRequest.ts';
import type { HealthListResponse } from '../../proto/generated/edge/grpc/health/v1/HealthListResponse.ts';
import { externalProcessorService, healthService } from '../../proto/services.ts';
import type { AcceptStream, EdgeStream } from '../edgeStream.ts';
import type { Health } from '../health.ts';
import { ListenError, type Transport, type TransportOptions } from './transport.ts';

/** A dead peer, one that vanished without closing, is noticed within the sum of these. */
const keepaliveTimeMs = 20_000;
const keepaliveTimeoutMs = 10_000;

/** The reference transport: grpc-js's server behind the interface of this folder. */
export class GrpcJsTransport implements Transport {
  readonly #server: Server;
  readonly #endWatches = new Set<() => void>();

  constructor({ acceptStream, health, maxMessageBytes }: TransportOptions) {
    // The library writes to stderr on its own; what matters comes back as errors.
    setLogVerbosity(logVerbosity.NONE);
    this.#server = new Server({
      'grpc.max_receive_message_length': maxMessageBytes,
      'grpc.keepalive_time_ms': keepaliveTimeMs,
      'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
      // One stream for each request in flight: the limit is limits.maxStreams, counted over all connections.
      'grpc.max_concurrent_streams': 2 ** 31 - 1,
      'grpc-node.max_session_memory': Number.MAX_SAFE_INTEGER,
    });
    this.#server.addService(externalProcessorService, { Process: processHandler(acceptStream) });
    this.#server.addService(healthService, {
      Check: checkHandler(health),
      List: listHandler(health),
      Watch: this.#watchHandler(health),
    });
  }

  listen(address: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(address, ServerCredentials.createInsecure(), (cause, port) => {
        if (cause === null) resolve(address.replace(/:\d+$/, `:${port}`));
        else reject(new ListenError(`cannot listen on ${address}: ${cause.message}`, { cause }));
      });
    });
  }

  async close(patienceMs: number): Promise<void> {
    for (const end of this.#endWatches) end();
    const left = Promise.withResolvers<void>();
    this.#server.tryShutdown(() => left.resolve());
    const patience = setTimeout(() => {
      this.#server.forceShutdown();
      left.resolve();
    }, patienceMs);
    await left.promise;
    clearTimeout(patience);
  }

  #watchHandler(health: Health): handleServerStreamingCall<HealthCheckRequest__Output, HealthCheckResponse> {
    return (call) => {
      const stop = health.watch(call.request.service ?? '', (told) => call.write({ status: told }));
      const end = (): void => {
        stop();
        this.#endWatches.delete(end);
        call.end();
      };
      this.#endWatches.add(end);
      call.on('cancelled', end);
      call.on('error', end);
    };
  }
}

function processHandler(accept: AcceptStream): handleBidiStreamingCall<Request, Response> {
  return (call) => {
    const listener = accept(edgeStreamOf(call));
    call.on('data', (message: Request) => listener.onMessage(message));
    call.on('end', () => listener.onEnd());
    // Also fires after a clean end; the listener knows.
    call.on('cancelled', () => listener.onGone('cancelled'));
    call.on('error', () => listener.onGone('error'));
    call.on('close', () => listener.onGone('error'));
  };
}

function edgeStreamOf(call: ServerDuplexStream<Request, Response>): EdgeStream {
  return {
    reply: (message) => void call.write(message),
    finish: () => void call.end(),
    refuse: (code, details) => void call.emit('error', { code: status[code], details }),
  };
}

function checkHandler(health: Health): handleUnaryCall<HealthCheckRequest__Output, HealthCheckResponse> {
  return (call, answer) => {
    const service = call.request.service ?? '';
    const told = health.statusOf(service);
    if (told === undefined) answer({ code: status.NOT_FOUND, details: `unknown service "${service}"` });
    else answer(null, { status: told });
  };
}

function listHandler(health: Health): handleUnaryCall<HealthListRequest__Output, HealthListResponse> {
  return (_call, answer) => {
    const statuses: Record<string, HealthCheckResponse> = {};
    for (const service of health.services) {
      const told = health.statusOf(service);
      if (told !== undefined) statuses[service] = { status: told };
    }
    answer(null, { statuses });
  };
}
