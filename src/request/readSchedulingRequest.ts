import { policyHeader, subsetKey, subsetNamespace, traceHeader } from '../extproc/names.ts';
import type { ProcessingRequestReader } from '../extproc/processingRequestReader.ts';
import { parseAddress } from '../hostPort.ts';
import type { SchedulingRequest } from './schedulingRequest.ts';

const plainRequest: SchedulingRequest = {};

/**
 * Reads what matters for a decision from Envoy's first message. A destination header that the
 * client sent is not among it: clients do not choose their pod.
 */
export function readSchedulingRequest(question: ProcessingRequestReader): SchedulingRequest {
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
