import type { HeaderValueOption } from '../proto/generated/edge/envoy/config/core/v3/HeaderValueOption.ts';
import type { ProcessingResponse } from '../proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { externalProcessorService } from '../proto/services.ts';
import { BackwardWriter } from '../proto/wire/backwardWriter.ts';
import type { Rejection, Route } from '../scheduling/decision.ts';
import { policyNames } from '../scheduling/policy.ts';
import type { ResponseWatch } from '../signals/responseWatch.ts';
import { destinationHeader, destinationNamespace } from './names.ts';
import type { ProcessingRequestKind } from './processingRequestReader.ts';

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

/** All replies share it: a reply is copied by its stream before the next one is written. */
const writer = new BackwardWriter();

/** Field numbers, as in proto/. */
const processingResponse = { requestHeaders: 1, dynamicMetadata: 8, modeOverride: 9 } as const;
const headersResponse = { response: 1 } as const;
const commonResponse = { headerMutation: 2 } as const;
const headerMutation = { setHeaders: 1 } as const;
const headerValueOption = { header: 1, appendAction: 3, overwriteIfExistsOrAdd: 2 } as const;
const headerValue = { key: 1, rawValue: 3 } as const;
const struct = { fields: 1 } as const;
const mapEntry = { key: 1, value: 2 } as const;
const protobufValue = { stringValue: 3, structValue: 5 } as const;
const processingMode = {
  responseHeaderMode: 2,
  responseBodyMode: 4,
  requestTrailerMode: 5,
  responseTrailerMode: 6,
} as const;
const sendMode = { send: 1, skip: 2, streamed: 1 } as const;

/**
 * Names the endpoint and its alternates in the header and, with the same value, in `envoy.lb`
 * metadata (Gateway API endpoint picker protocol). This is the reply to nearly every request, so it
 * is written by hand.
 *
 * @param extraHeaders further headers, which carry the chosen address without alternates
 * @param watch which parts of this response Envoy is to send
 * @returns bytes that are valid until the next call
 */
export function routeReply(
  { endpoint, alternates }: Route,
  extraHeaders: readonly string[],
  watch: ResponseWatch = 'none',
): Buffer {
  let destinations = endpoint.address;
  for (const alternate of alternates) destinations += `,${alternate.address}`;
  writer.clear();
  if (watch !== 'none') writeModeOverride(watch);
  writeMetadata(destinations);
  const end = writer.position;
  for (let i = extraHeaders.length - 1; i >= 0; i -= 1) {
    writeSetHeader(extraHeaders[i] as string, endpoint.address);
  }
  writeSetHeader(destinationHeader, destinations);
  writer.wrap(commonResponse.headerMutation, end);
  writer.wrap(headersResponse.response, end);
  writer.wrap(processingResponse.requestHeaders, end);
  return writer.written();
}

/**
 * Replaces the whole processing mode of this request: a body mode that is left out means NONE. The
 * trailers keep the stream open until the exchange ends.
 */
function writeModeOverride(watch: Exclude<ResponseWatch, 'none'>): void {
  const end = writer.position;
  writer.number(processingMode.responseTrailerMode, sendMode.send);
  writer.number(processingMode.requestTrailerMode, sendMode.skip);
  if (watch === 'body') writer.number(processingMode.responseBodyMode, sendMode.streamed);
  writer.number(processingMode.responseHeaderMode, sendMode.send);
  writer.wrap(processingResponse.modeOverride, end);
}

function writeMetadata(destinations: string): void {
  const end = writer.position;
  writer.text(protobufValue.stringValue, destinations);
  writer.wrap(mapEntry.value, end);
  writer.text(mapEntry.key, destinationHeader);
  writer.wrap(struct.fields, end);
  writer.wrap(protobufValue.structValue, end);
  writer.wrap(mapEntry.value, end);
  writer.text(mapEntry.key, destinationNamespace);
  writer.wrap(struct.fields, end);
  writer.wrap(processingResponse.dynamicMetadata, end);
}

function writeSetHeader(key: string, value: string): void {
  const end = writer.position;
  writer.number(headerValueOption.appendAction, headerValueOption.overwriteIfExistsOrAdd);
  const headerEnd = writer.position;
  writer.text(headerValue.rawValue, value);
  writer.text(headerValue.key, key);
  writer.wrap(headerValueOption.header, headerEnd);
  writer.wrap(headerMutation.setHeaders, end);
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
      const message = `The model ${quoted(why.model)} does not exist: no endpoint serves it.`;
      return immediate('NotFound', 'invalid_request_error', 'model_not_found', message, []);
    }
    case 'no-endpoint-with-labels': {
      const message = `No ready endpoint has the labels ${quoted(why.given)}.`;
      return unavailable('no_endpoint_with_labels', message, retryAfterSeconds);
    }
    case 'invalid-labels': {
      const message = `${quoted(why.given)} selects no labels; expected key=value,key2!=value2.`;
      return badRequest('invalid_label_selector', message);
    }
    case 'unknown-policy': {
      const known = policyNames.join(', ');
      const remedy = 'With scheduling.unknownPolicy: default, unknown names use the default policy.';
      const message = `Unknown routing-strategy ${quoted(why.given)}; known are ${known}. ${remedy}`;
      return badRequest('unknown_routing_strategy', message);
    }
    default:
      return why satisfies never;
  }
}

function badRequest(code: string, message: string): Buffer {
  return immediate('BadRequest', 'invalid_request_error', code, message, []);
}

function unavailable(code: string, message: string, retryAfterSeconds: number): Buffer {
  const retryAfter = header('retry-after', String(retryAfterSeconds));
  return immediate('ServiceUnavailable', 'service_unavailable', code, message, [retryAfter]);
}

function immediate(
  status: 'BadRequest' | 'NotFound' | 'ServiceUnavailable',
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
