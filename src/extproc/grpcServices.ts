import type { MethodDefinition } from '@grpc/proto-loader';
import type {
  FailureStatus,
  ServerStream,
  ServerStreamListener,
  StreamHandler,
} from '../grpc/serverStream.ts';
import type { HealthListResponse } from '../proto/generated/edge/grpc/health/v1/HealthListResponse.ts';
import { externalProcessorService, healthService } from '../proto/services.ts';
import type { HealthStatus } from './healthStatus.ts';

/** The answer to a unary call. */
type Answer<Response> = Response | { readonly refusal: FailureStatus; readonly why: string };

/**
 * The gRPC methods of the port by their paths: ext_proc and health. Each takes and gives messages
 * in their wire form, so that every transport carries the same methods and knows none of them.
 */
export class GrpcServices {
  readonly handlers: ReadonlyMap<string, StreamHandler>;
  readonly #health: HealthStatus;
  readonly #endWatches = new Set<() => void>();

  constructor(acceptExchange: StreamHandler, health: HealthStatus) {
    this.#health = health;
    this.handlers = new Map([
      [externalProcessorService.Process.path, acceptExchange],
      [healthService.Check.path, unary(healthService.Check, ({ service }) => this.#check(service ?? ''))],
      [healthService.List.path, unary(healthService.List, () => this.#list())],
      [healthService.Watch.path, (stream) => this.#watch(stream)],
    ]);
  }

  /** Those who watch would never leave by themselves. */
  endWatches(): void {
    for (const end of this.#endWatches) end();
  }

  #check(service: string) {
    const status = this.#health.check(service);
    if (status !== undefined) return { status };
    return { refusal: 'NOT_FOUND' as const, why: `unknown service "${service}"` };
  }

  #list(): HealthListResponse {
    const statuses: NonNullable<HealthListResponse['statuses']> = {};
    for (const [service, status] of this.#health.list()) statuses[service] = { status };
    return { statuses };
  }

  #watch(stream: ServerStream): ServerStreamListener {
    const { requestDeserialize, responseSerialize } = healthService.Watch;
    return oneRequest(stream, requestDeserialize, ({ service }) => {
      const stop = this.#health.watch(service ?? '', (status) => stream.reply(responseSerialize({ status })));
      const end = (): void => {
        stop();
        this.#endWatches.delete(end);
        stream.end();
      };
      this.#endWatches.add(end);
      return end;
    });
  }
}

function unary<Request, Response extends object, RequestOut, ResponseOut>(
  method: MethodDefinition<Request, Response, RequestOut, ResponseOut>,
  answer: (request: RequestOut) => Answer<Response>,
): StreamHandler {
  return (stream) =>
    oneRequest(stream, method.requestDeserialize, (request) => {
      const answered = answer(request);
      if ('refusal' in answered) stream.fail(answered.refusal, answered.why);
      else {
        stream.reply(method.responseSerialize(answered));
        stream.end();
      }
      return () => {};
    });
}

/**
 * The listener of a method that takes one request.
 *
 * @param begin called with it when it is whole; answers what is to be done when the client goes
 */
function oneRequest<Request>(
  stream: ServerStream,
  deserialize: (bytes: Buffer) => Request,
  begin: (request: Request) => () => void,
): ServerStreamListener {
  let request: { readonly is: Request } | undefined;
  let onGone = (): void => {};
  return {
    onMessage(message) {
      try {
        request = { is: deserialize(message) };
      } catch (error) {
        stream.fail('INTERNAL', `not a message of this method: ${String(error)}`);
      }
    },
    onEnd() {
      if (request === undefined) stream.fail('INTERNAL', 'the call has no request');
      else onGone = begin(request.is);
    },
    onClosed: () => onGone(),
  };
}
