import type { HeaderValueOption } from '../proto/generated/edge/envoy/config/core/v3/HeaderValueOption.ts';
import type { ProcessingRequest__Output } from '../proto/generated/edge/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { ProcessingResponse } from '../proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import type { Rejection, Route } from '../scheduling/decision.ts';
import { policyNames } from '../scheduling/policy.ts';
import { destinationHeader, destinationNamespace } from './names.ts';

/** Which of Envoy's questions a message is. */
export type Question = NonNullable<ProcessingRequest__Output['request']>;

/** Answers that change nothing, one for each kind of question. */
const continueReplies: Readonly<Record<Question, ProcessingResponse>> = {
  request_headers: { request_headers: {} },
  response_headers: { response_headers: {} },
  request_body: { request_body: {} },
  response_body: { response_body: {} },
  request_trailers: { request_trailers: {} },
  response_trailers: { response_trailers: {} },
};

export function continueReply(question: Question): ProcessingResponse {
  return continueReplies[question];
}

/**
 * Names the endpoint and its alternates in the header and, with the same value, in `envoy.lb` metadata
 * (Gateway API endpoint picker protocol).
 *
 * @param extraHeaders further headers that carry the chosen address alone
 */
export function routeReply(route: Route, extraHeaders: readonly string[]): ProcessingResponse {
  const destinations = [route.endpoint, ...route.alternates].map(({ address }) => address).join(',');
  return {
    request_headers: {
      response: {
        header_mutation: {
          set_headers: [
            header(destinationHeader, destinations),
            ...extraHeaders.map((name) => header(name, route.endpoint.address)),
          ],
        },
      },
    },
    dynamic_metadata: {
      fields: {
        [destinationNamespace]: {
          structValue: { fields: { [destinationHeader]: { stringValue: destinations } } },
        },
      },
    },
  };
}

/** Envoy answers the client itself: a short JSON body in the shape OpenAI's clients read errors from. */
export function rejectReply(why: Rejection, retryAfterSeconds: number): ProcessingResponse {
  switch (why.kind) {
    case 'no-ready-endpoint':
      return unavailable('no_ready_endpoint', 'No endpoint is ready.', retryAfterSeconds);
    case 'subset-empty':
      return unavailable('subset_empty', 'No ready endpoint is in the requested subset.', retryAfterSeconds);
    case 'unknown-policy': {
      const known = policyNames.join(', ');
      const message = `Unknown routing-strategy ${quoted(why.given)}; known are ${known}.`;
      return immediate('BadRequest', 'invalid_request_error', 'unknown_routing_strategy', message, []);
    }
    default:
      return why satisfies never;
  }
}

function unavailable(code: string, message: string, retryAfterSeconds: number): ProcessingResponse {
  const retryAfter = header('retry-after', String(retryAfterSeconds));
  return immediate('ServiceUnavailable', 'service_unavailable', code, message, [retryAfter]);
}

function immediate(
  status: 'BadRequest' | 'ServiceUnavailable',
  type: string,
  code: string,
  message: string,
  headers: readonly HeaderValueOption[],
): ProcessingResponse {
  const body = JSON.stringify({ error: { message, type, param: null, code } });
  return {
    immediate_response: {
      status: { code: status },
      headers: { set_headers: [header('content-type', 'application/json'), ...headers] },
      body: Buffer.from(body),
      details: `baton_${code}`,
    },
  };
}

function header(key: string, value: string): HeaderValueOption {
  return { header: { key, raw_value: Buffer.from(value) }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' };
}

/** A client's text, shortened, fit to be shown. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}
