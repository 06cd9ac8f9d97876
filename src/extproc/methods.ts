import type { MethodDefinition } from '@grpc/proto-loader';
import type { HealthListResponse } from '../proto/generated/edge/grpc/health/v1/HealthListResponse.ts';
import { externalProcessorService, healthService } from '../proto/services.ts';
import type { AcceptStream, EdgeStream, EdgeStreamListener, Refusal } from './edgeStream.ts';
import type { Health } from './health.ts';

/** The answer to a unary call. */
type Answer<Response> = Response | { readonly refusal: Refusal; readonly why: string };

/**
 * The gRPC methods of the port by their paths: ext_proc and health. Each takes and gives messages in their wire
 * form, so that every transport carries the same methods and knows none of them.
 */
export class Methods {
  readonly byPath: ReadonlyMap<string, AcceptStream>;
  readonly #health: Health;
  readonly #endWatches = new Set<() => void>();

  constructor(acceptExchange: AcceptStream, health: Health) {
    this.#health = health;
    this.byPath = new Map([
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
    const status = this.#health.statusOf(service);
    if (status !== undefined) return { status };
    return { refusal: 'NOT_FOUND' as const, why: `unknown service "${service}"` };
  }

  #list(): HealthListResponse {
    const statuses: NonNullable<HealthListResponse['statuses']> = {};
    for (const service of this.#health.services) {
      const status = this.#health.statusOf(service);
      if (status !== undefined) statuses[service] = { status };
    }
    return { statuses };
  }

  #watch(stream: EdgeStream): EdgeStreamListener {
    const { requestDeserialize, responseSerialize } = healthService.Watch;
    return oneRequest(stream, requestDeserialize, ({ service }) => {
      const stop = this.#health.watch(service ?? '', (status) => stream.reply(responseSerialize({ status })));
      const end = (): void => {
        stop();
        this.#endWatches.delete(end);
        stream.finish();
      };
      this.#endWatches.add(end);
      return end;
    });
  }
}

function unary<Request, Response extends object, RequestOut, ResponseOut>(
  method: MethodDefinition<Request, Response, RequestOut, ResponseOut>,
  answer: (request: RequestOut) => Answer<Response>,
): AcceptStream {
  return (stream) =>
    oneRequest(stream, method.requestDeserialize, (request) => {
      const answered = answer(request);
      if ('refusal' in answered) stream.refuse(answered.refusal, answered.why);
      else {
        stream.reply(method.responseSerialize(answered));
        stream.finish();
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
  stream: EdgeStream,
  deserialize: (bytes: Buffer) => Request,
  begin: (request: Request) => () => void,
): EdgeStreamListener {
  let request: { readonly is: Request } | undefined;
  let onGone = (): void => {};
  return {
    onMessage(message) {
      try {
        request = { is: deserialize(message) };
      } catch (error) {
        stream.refuse('INTERNAL', `not a message of this method: ${String(error)}`);
      }
    },
    onEnd() {
      if (request === undefined) stream.refuse('INTERNAL', 'the call has no request');
      else onGone = begin(request.is);
    },
    onGone: () => onGone(),
  };
}
