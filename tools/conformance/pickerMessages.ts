import type { Metadata } from '../../src/proto/generated/edge/envoy/config/core/v3/Metadata.ts';
import type { ProcessingRequest } from '../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { Value } from '../../src/proto/generated/edge/google/protobuf/Value.ts';
import { type GatewayMode, protocolConfigs } from './gatewayModes.ts';

/** The messages of Envoy, as the suite sends them. Pure. */
export const destinationKey = 'x-gateway-destination-endpoint';
export const servedKey = `${destinationKey}-served`;
const subsetPlace = { namespace: 'envoy.lb.subset_hint', key: `${destinationKey}-subset` } as const;

export interface HeadersOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly isEndOfStream: boolean;
  /** undefined: the gateway does not say how it is configured, as Envoy before 1.34. */
  readonly mode: GatewayMode | undefined;
  readonly subset?: Value | undefined;
  /** Where the values are. Envoy uses raw_value, NGINX Gateway Fabric value. */
  readonly valueField?: 'raw_value' | 'value' | undefined;
}

export function requestHeadersMessage(options: HeadersOptions): ProcessingRequest {
  const { headers, isEndOfStream, mode, subset, valueField = 'raw_value' } = options;
  const { namespace, key } = subsetPlace;
  return {
    request_headers: {
      headers: { headers: headerList(headers, valueField) },
      end_of_stream: isEndOfStream,
    },
    ...(subset && { metadata_context: metadataOf(namespace, key, subset) }),
    ...(mode && { protocol_config: protocolConfigs[mode] }),
  };
}

export const requestBodyMessage = (body: Buffer, isEnd: boolean): ProcessingRequest => ({
  request_body: { body, end_of_stream: isEnd },
});

export const requestTrailersMessage = (): ProcessingRequest => ({
  request_trailers: { trailers: { headers: headerList({ 'x-checksum': 'none' }) } },
});

/** @param served the pod that Envoy reports to have served, in metadata */
export function responseHeadersMessage(
  headers: Readonly<Record<string, string>>,
  isEndOfStream: boolean,
  served?: string,
): ProcessingRequest {
  return {
    response_headers: { headers: { headers: headerList(headers) }, end_of_stream: isEndOfStream },
    ...(served !== undefined && {
      metadata_context: metadataOf('envoy.lb', servedKey, { stringValue: served }),
    }),
  };
}

export const responseBodyMessage = (body: Buffer, isEnd: boolean): ProcessingRequest => ({
  response_body: { body, end_of_stream: isEnd },
});

export const responseTrailersMessage = (): ProcessingRequest => ({
  response_trailers: { trailers: { headers: headerList({ 'grpc-status': '0' }) } },
});

/** A chat completion of at least so many bytes, whose parts can be told apart. */
export function chatBody(bytes: number, model: string): Buffer {
  const [start, end] = [`{"model":${JSON.stringify(model)},"messages":[{"role":"user","content":"`, '"}]}'];
  const fill = Math.max(1, bytes - start.length - end.length);
  let text = '';
  if (fill > 0) {
    const words = Array.from({ length: Math.ceil(fill / 8) }, (_, nth) => String(nth).padStart(7, '0'));
    text = `${words.join(' ')} `.slice(0, fill);
  }
  return Buffer.from(`${start}${text}${end}`);
}

/** Cuts a body into pieces of this size. */
export function cutBody(body: Buffer, pieceBytes: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let start = 0; start < body.length; start += pieceBytes) {
    pieces.push(body.subarray(start, start + pieceBytes));
  }
  return pieces;
}

function metadataOf(namespace: string, key: string, value: Value): Metadata {
  return { filter_metadata: { [namespace]: { fields: { [key]: value } } } };
}

function headerList(headers: Readonly<Record<string, string>>, field: 'raw_value' | 'value' = 'raw_value') {
  return Object.entries(headers).map(([key, text]) =>
    field === 'value' ? { key, value: text } : { key, raw_value: Buffer.from(text) },
  );
}
