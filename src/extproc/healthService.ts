import type {
  FailureStatus,
  ServerStream,
  ServerStreamListener,
  StreamHandler,
} from '../grpc/serverStream.ts';
import type { HealthListResponse } from '../proto/generated/edge/grpc/health/v1/HealthListResponse.ts';
import { healthService, type MethodDefinition } from '../proto/services.ts';
import type { HealthStatus } from './healthStatus.ts';
import { HealthWatches } from './healthWatches.ts';

/**
 * The longest request of Health: it has the name of a service. What is longer is not decoded, so
 * that it costs nothing and no answer quotes it.
 */
const longestRequest = 1024;

/** The result of a unary call. */
type UnaryResult<Response> = Response | { readonly failure: FailureStatus; readonly message: string };

/**
 * The handlers of the gRPC health protocol (grpc.health.v1) by path. They exchange encoded messages
 * with the server, which knows none of the services.
 */
export class HealthService {
  readonly handlers: ReadonlyMap<string, StreamHandler>;
  readonly #health: HealthStatus;
  readonly #watches = new HealthWatches();

  constructor(health: HealthStatus) {
    this.#health = health;
    this.handlers = new Map([
      [healthService.Check.path, unary(healthService.Check, ({ service }) => this.#check(service ?? ''))],
      [healthService.List.path, unary(healthService.List, () => this.#list())],
      [healthService.Watch.path, (stream: ServerStream) => this.#watch(stream)],
    ]);
  }

  /** To be called when the server closes: clients never end a watch. */
  endWatches(): void {
    this.#watches.endAll();
  }

  #check(service: string) {
    const status = this.#health.check(service);
    if (status !== undefined) return { status };
    return { failure: 'NOT_FOUND' as const, message: `unknown service "${service}"` };
  }

  #list(): HealthListResponse {
    const statuses: NonNullable<HealthListResponse['statuses']> = {};
    for (const [service, status] of this.#health.list()) statuses[service] = { status };
    return { statuses };
  }

  #watch(stream: ServerStream): ServerStreamListener {
    const { requestDeserialize, responseSerialize } = healthService.Watch;
    return oneRequest(stream, requestDeserialize, ({ service }) => {
      const refusal = this.#watches.refusal(stream.connection);
      if (refusal !== undefined) {
        stream.fail('RESOURCE_EXHAUSTED', refusal);
        return () => {};
      }
      const stop = this.#health.watch(service ?? '', (status) => stream.reply(responseSerialize({ status })));
      return this.#watches.add(stream.connection, () => {
        stop();
        stream.end();
      });
    });
  }
}

function unary<Request, Response extends object, RequestOut, ResponseOut>(
  method: MethodDefinition<Request, Response, RequestOut, ResponseOut>,
  handle: (request: RequestOut) => UnaryResult<Response>,
): StreamHandler {
  return (stream) =>
    oneRequest(stream, method.requestDeserialize, (request) => {
      const result = handle(request);
      if ('failure' in result) stream.fail(result.failure, result.message);
      else {
        stream.reply(method.responseSerialize(result));
        stream.end();
      }
      return () => {};
    });
}

/**
 * The listener of a method with one request.
 *
 * @param begin called with the request after the client's last message; returns what to do when the
 *   call is over before the server ended it
 */
function oneRequest<Request>(
  stream: ServerStream,
  deserialize: (bytes: Buffer) => Request,
  begin: (request: Request) => () => void,
): ServerStreamListener {
  let received: { readonly request: Request } | undefined;
  let onClosed = (): void => {};
  return {
    takesOneMessage: true,
    onMessage(message) {
      if (message.length > longestRequest) {
        stream.fail('INVALID_ARGUMENT', `the request message is longer than ${longestRequest} bytes`);
        return;
      }
      try {
        received = { request: deserialize(message) };
      } catch (error) {
        stream.fail('INTERNAL', `invalid request message: ${String(error)}`);
      }
    },
    onEnd() {
      if (received === undefined) stream.fail('INTERNAL', 'the call has no request message');
      else onClosed = begin(received.request);
    },
    onClosed: () => onClosed(),
  };
}
