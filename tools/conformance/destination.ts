import { parseAddress } from '../../src/hostPort.ts';
import type { HeaderValueOption__Output } from '../../src/proto/generated/edge/envoy/config/core/v3/HeaderValueOption.ts';
import type { ProcessingResponse__Output } from '../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { destinationKey } from './pickerMessages.ts';

/** Where a reply sends a request. Pure. */
export interface NamedDestination {
  readonly header: string | undefined;
  readonly metadata: string | undefined;
}

export function destinationIn(reply: ProcessingResponse__Output): NamedDestination {
  const { header } = destinationHeaderIn(reply) ?? {};
  const fields = reply.dynamic_metadata?.fields?.['envoy.lb']?.structValue?.fields;
  return {
    header: header && (header.raw_value?.length ? String(header.raw_value) : (header.value ?? '')),
    metadata: fields?.[destinationKey]?.stringValue,
  };
}

/** The header as it is set, with what is done to one that the client sent. */
export function destinationHeaderIn(
  reply: ProcessingResponse__Output,
): HeaderValueOption__Output | undefined {
  const { request_headers: headers, request_body: body } = reply;
  const { set_headers: set = [] } = (headers ?? body)?.response?.header_mutation ?? {};
  return set.find(({ header }) => header?.key === destinationKey);
}

export type ParsedDestination =
  | { readonly kind: 'addresses'; readonly addresses: readonly string[] }
  | { readonly kind: 'invalid'; readonly why: string };

/** `ip:port[,ip:port…]`, each once. */
export function parseDestination(text: string): ParsedDestination {
  const addresses = text.split(',');
  for (const address of addresses) {
    const parsed = parseAddress(address);
    if (parsed.kind !== 'ip') return { kind: 'invalid', why: `"${address}" is no ip:port` };
    if (parsed.address !== address) {
      return { kind: 'invalid', why: `"${address}" is not written as Envoy does: ${parsed.address}` };
    }
  }
  if (new Set(addresses).size < addresses.length) {
    return { kind: 'invalid', why: `"${text}" names an address twice` };
  }
  return { kind: 'addresses', addresses };
}
