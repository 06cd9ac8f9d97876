import type { HeaderMap__Output } from '../proto/generated/edge/envoy/config/core/v3/HeaderMap.ts';
import type { ProcessingRequest__Output } from '../proto/generated/edge/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { Value__Output } from '../proto/generated/edge/google/protobuf/Value.ts';
import { parseAddress } from '../scheduling/endpoint.ts';
import type { RequestFacts } from '../scheduling/requestFacts.ts';
import { policyHeader, subsetKey, subsetNamespace, traceHeader } from './names.ts';

/**
 * Reads what matters for a decision from Envoy's first message. A destination header that the client sent is
 * not among it: clients do not choose their pod.
 */
export function requestFactsOf(message: ProcessingRequest__Output): RequestFacts {
  const headers = message.request_headers?.headers;
  const policy = headerOf(headers, policyHeader);
  const traceparent = headerOf(headers, traceHeader);
  const subset = message.metadata_context?.filter_metadata?.[subsetNamespace]?.fields?.[subsetKey];
  return {
    ...(policy === undefined ? {} : { policy }),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(subset === undefined ? {} : { subset: subsetOf(subset) }),
  };
}

/** Envoy sends names in lower case and values in `raw_value`; older ones used `value`. */
function headerOf(headers: HeaderMap__Output | undefined, name: string): string | undefined {
  const header = headers?.headers?.find(({ key }) => key === name);
  if (header === undefined) return undefined;
  return header.raw_value?.length ? header.raw_value.toString() : (header.value ?? '');
}

/** A comma-separated string or a list of strings; what is no address matches nothing. */
function subsetOf(value: Value__Output): readonly string[] {
  const texts =
    value.listValue?.values?.map((item) => item.stringValue ?? '') ?? value.stringValue?.split(',') ?? [];
  return texts
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map(canonical);
}

function canonical(text: string): string {
  const parsed = parseAddress(text);
  return parsed.kind === 'ip' ? parsed.address : text;
}
