import { parseAddress } from '../scheduling/endpoint.ts';
import type { RequestFacts } from '../scheduling/requestFacts.ts';
import type { Question } from './codec/question.ts';
import { policyHeader, subsetKey, subsetNamespace, traceHeader } from './names.ts';

const plainRequest: RequestFacts = {};

/**
 * Reads what matters for a decision from Envoy's first message. A destination header that the client sent is
 * not among it: clients do not choose their pod.
 */
export function requestFactsOf(question: Question): RequestFacts {
  const policy = question.header(policyHeader);
  const traceparent = question.header(traceHeader);
  const subset = question.metadataTexts(subsetNamespace, subsetKey);
  // Nearly all requests are such.
  if (policy === undefined && traceparent === undefined && subset === undefined) return plainRequest;
  return {
    ...(policy === undefined ? {} : { policy }),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(subset === undefined ? {} : { subset: addressesOf(subset) }),
  };
}

/** A comma-separated string or a list of strings; what is no address matches nothing. */
function addressesOf(texts: string | readonly string[]): readonly string[] {
  const each = typeof texts === 'string' ? texts.split(',') : texts;
  return each
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map(canonical);
}

function canonical(text: string): string {
  const parsed = parseAddress(text);
  return parsed.kind === 'ip' ? parsed.address : text;
}
