import type { HeaderMutation__Output } from '../proto/generated/edge/envoy/service/ext_proc/v3/HeaderMutation.ts';
import type { ProcessingResponse__Output } from '../proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { externalProcessorService } from '../proto/services.ts';
import { policyHeader, readPolicy } from '../request/readPolicy.ts';
import { readText } from '../request/readText.ts';
import type { RequestHeaders } from '../request/requestHeaders.ts';
import type { RequestSource } from '../request/requestSource.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import { aibrixPolicy } from '../scheduling/aibrixPolicy.ts';
import type { Rejection, Route } from '../scheduling/decision.ts';
import type { HeaderPair } from './routed.ts';
import type { RepliesTo } from './routeReplies.ts';

const { Process } = externalProcessorService;

/** The route takes the address from it; the client gets the name of the pod in it. */
export const targetPodHeader = 'target-pod';
const sessionIdHeader = 'x-session-id';
const requestIdHeader = 'x-request-id';
/** Says which policy of Baton answered. */
const policyAnsweredHeader = 'x-baton-policy';
const processedHeader: HeaderPair = ['x-went-into-req-headers', 'true'];

/** Where requests of AIBrix clients name their labels and sessions. */
export const aibrixHeaders = {
  labels: 'external-filter',
  sessions: [sessionIdHeader, 'x-aibrix-session-key'],
} as const;

/** A model may come from a body. Envoy refuses other bytes in a header. */
const headerText = /^[\x20-\x7e]{1,256}$/;
/** Strategies are few and short, but clients write what they like. */
const mostKnown = 256;
const longestKept = 256;

/**
 * The clients and the routes of AIBrix's gateway: strategies are answered by the nearest policy of
 * Baton, routes get the headers that they match, and clients the headers that they read.
 */
export class AibrixMode {
  readonly #newId: () => string;
  /** By the text that a request gave. */
  readonly #policies = new Map<string, string>();

  /** @param newId makes the id of a request or a session */
  constructor(newId: () => string) {
    this.#newId = newId;
  }

  /** The policy of Baton that a request names. What is no strategy of AIBrix stays as it is. */
  readPolicy(source: RequestSource): string | undefined {
    const strategy = readPolicy(source);
    if (strategy === undefined) return undefined;
    const known = this.#policies.get(strategy);
    if (known !== undefined) return known;
    const policy = aibrixPolicy(strategy) ?? strategy;
    if (strategy.length > longestKept) return policy;
    if (this.#policies.size >= mostKnown) this.#policies.clear();
    this.#policies.set(strategy, policy);
    return policy;
  }

  /** The request with its id, and with a session where the policy needs one and it names none. */
  read(source: RequestSource, request: SchedulingRequest, headers: RequestHeaders): SchedulingRequest {
    const strategy = readPolicy(source);
    const requestId = request.requestId ?? readText(source, requestIdHeader) ?? this.#newId();
    const isNew = headers.session !== undefined && !headers.asksForSession && request.session === undefined;
    const session = isNew ? this.#newId() : request.session;
    const sessionId = isNew ? session : readText(source, sessionIdHeader);
    return {
      ...request,
      requestId,
      ...(strategy === undefined ? {} : { strategy }),
      ...(session === undefined ? {} : { session }),
      ...(sessionId === undefined ? {} : { sessionId }),
    };
  }

  /** The reply with the headers that the route is chosen by. */
  amendRoute(
    reply: Buffer,
    { model, strategy }: SchedulingRequest,
    { policy }: Route,
    repliesTo: RepliesTo,
  ): Buffer {
    const headers: HeaderPair[] = [processedHeader, [policyHeader, strategy ?? policy]];
    if (model !== undefined && headerText.test(model)) headers.push(['model', model]);
    return withHeaders(reply, (decoded) => decoded[repliesTo]?.response?.header_mutation, headers);
  }

  amendRejection(reply: Buffer, request: SchedulingRequest, why: Rejection): Buffer {
    const { requestId = '' } = request;
    const headers: HeaderPair[] = [['request-id', requestId], processedHeader, errorHeader(request, why)];
    return withHeaders(reply, (decoded) => decoded.immediate_response?.headers, headers);
  }

  /** What the client reads of the response. */
  clientHeaders(
    { requestId = '', sessionId, strategy }: SchedulingRequest,
    { endpoint: { address, name = address }, policy }: Route,
  ): readonly HeaderPair[] {
    return [
      processedHeader,
      ['request-id', requestId],
      [policyHeader, strategy ?? policy],
      [policyAnsweredHeader, policy],
      [targetPodHeader, name],
      ['target-pod-ip', address],
      ...(sessionId === undefined ? [] : [[sessionIdHeader, sessionId] as const]),
    ];
  }
}

function errorHeader({ strategy = '' }: SchedulingRequest, why: Rejection): HeaderPair {
  switch (why.kind) {
    case 'unknown-policy':
      return ['x-error-invalid-routing-strategy', strategy];
    case 'unknown-model':
      return ['x-error-no-model-backends', headerText.test(why.model) ? why.model : 'true'];
    case 'model-not-ready':
    case 'no-ready-endpoint':
      return ['x-error-no-model-backends', 'true'];
    default:
      return ['x-error-routing', 'true'];
  }
}

/** The message with further headers where `mutationOf` finds the others. */
function withHeaders(
  reply: Buffer,
  mutationOf: (decoded: ProcessingResponse__Output) => HeaderMutation__Output | null | undefined,
  headers: readonly HeaderPair[],
): Buffer {
  const decoded = Process.responseDeserialize(reply);
  mutationOf(decoded)?.set_headers?.push(
    ...headers.map(([key, value]) => ({
      header: { key, raw_value: Buffer.from(value) },
      append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' as const,
    })),
  );
  return Process.responseSerialize(decoded);
}
