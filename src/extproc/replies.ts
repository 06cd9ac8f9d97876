import type { HeaderValueOption } from '../proto/generated/edge/envoy/config/core/v3/HeaderValueOption.ts';
import type { ProcessingResponse } from '../proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { externalProcessorService } from '../proto/services.ts';
import type { Rejection } from '../scheduling/decision.ts';
import type { ProcessingRequestKind } from './processingRequestReader.ts';
import type { HeaderPair } from './routed.ts';

const encode = (reply: ProcessingResponse): Buffer =>
  externalProcessorService.Process.responseSerialize(reply);

/** Replies that change nothing, encoded once. */
const continueReplies: Readonly<Record<ProcessingRequestKind, Buffer>> = {
  request_headers: encode({ request_headers: {} }),
  response_headers: encode({ response_headers: {} }),
  request_body: encode({ request_body: {} }),
  response_body: encode({ response_body: {} }),
  request_trailers: encode({ request_trailers: {} }),
  response_trailers: encode({ response_trailers: {} }),
};

export function continueReply(kind: ProcessingRequestKind): Buffer {
  return continueReplies[kind];
}

/** Changes headers of the response. */
export function setHeadersReply(kind: 'response_headers', headers: readonly HeaderPair[]): Buffer {
  const set_headers = headers.map(([key, value]) => header(key, value));
  return encode({ [kind]: { response: { header_mutation: { set_headers } } } });
}

/** Envoy responds to the client itself, with a JSON body in the shape of OpenAI's errors. */
export function rejectReply(why: Rejection, retryAfterSeconds: number): Buffer {
  switch (why.kind) {
    case 'no-ready-endpoint':
      return unavailable('no_ready_endpoint', 'No endpoint is ready.', retryAfterSeconds);
    case 'subset-empty':
      return unavailable('subset_empty', 'No ready endpoint is in the requested subset.', retryAfterSeconds);
    case 'subset-too-large':
      return badRequest('subset_too_large', 'The requested subset has too many endpoints.');
    case 'model-not-ready': {
      const message = `No endpoint for the model ${quoted(why.model)} is ready.`;
      return unavailable('model_not_ready', message, retryAfterSeconds);
    }
    case 'unknown-model': {
      const near = why.near.length > 0 ? ` Did you mean ${why.near.map(quoted).join(' or ')}?` : '';
      const message = `The model ${quoted(why.model)} does not exist: no endpoint serves it.${near}`;
      return immediate(404, 'invalid_request_error', 'model_not_found', message, []);
    }
    case 'model-not-read': {
      const remedies = '"model" in front of the messages, the header of scheduling.modelHeaders';
      const message = `The first ${why.readBytes} bytes of the body do not name the model, and the proxy buffers no more. What helps: ${remedies}, or a larger request_body_buffer_limit of the proxy.`;
      return badRequest('model_not_read', message);
    }
    case 'body-not-kept': {
      const message = `Too many large requests for ${quoted(why.model)}, which is an alias, at once.`;
      return unavailable('body_not_kept', message, retryAfterSeconds);
    }
    case 'no-endpoint-with-labels': {
      const message = `No ready endpoint has the labels ${quoted(why.given)}.`;
      return unavailable('no_endpoint_with_labels', message, retryAfterSeconds);
    }
    case 'invalid-labels': {
      const message = `${quoted(why.given)} selects no labels; expected key=value,key2!=value2.`;
      return badRequest('invalid_label_selector', message);
    }
    case 'rejected-by-filter': {
      const type = why.status === 503 || why.status === 429 ? 'service_unavailable' : 'invalid_request_error';
      const retryAfter = why.status === 503 ? [header('retry-after', String(retryAfterSeconds))] : [];
      return immediate(why.status, type, why.code, why.message, retryAfter);
    }
    case 'filter-failed':
      return immediate(500, 'server_error', 'filter_failed', `The filter ${why.filter} failed.`, []);
    case 'unknown-policy': {
      const known = why.known.join(', ');
      const remedy = 'With scheduling.unknownPolicy: default, unknown names use the default policy.';
      const message = `Unknown routing-strategy ${quoted(why.given)}; known are ${known}. ${remedy}`;
      return badRequest('unknown_routing_strategy', message);
    }
    default:
      return why satisfies never;
  }
}

/** No pool of this process is for the request. */
export const noPoolReply = immediate(
  404,
  'invalid_request_error',
  'pool_not_found',
  'No pool of the scheduler is for this request.',
  [],
);

function badRequest(code: string, message: string): Buffer {
  return immediate(400, 'invalid_request_error', code, message, []);
}

function unavailable(code: string, message: string, retryAfterSeconds: number): Buffer {
  const retryAfter = header('retry-after', String(retryAfterSeconds));
  return immediate(503, 'service_unavailable', code, message, [retryAfter]);
}

function immediate(
  status: 400 | 403 | 404 | 429 | 500 | 503,
  type: string,
  code: string,
  message: string,
  headers: readonly HeaderValueOption[],
): Buffer {
  const body = JSON.stringify({ error: { message, type, param: null, code } });
  return encode({
    immediate_response: {
      status: { code: status },
      headers: { set_headers: [header('content-type', 'application/json'), ...headers] },
      body: Buffer.from(body),
      details: `baton_${code}`,
    },
  });
}

function header(key: string, value: string): HeaderValueOption {
  return { header: { key, raw_value: Buffer.from(value) }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' };
}

/** A client's text, shortened and escaped. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}
