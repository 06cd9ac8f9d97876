import { credentials } from '@grpc/grpc-js';
import { ExternalProcessor } from '../../src/proto/clients.ts';
import type { ProcessingResponse__Output } from '../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';

/** What a decision comes to: a pod, or the status and code of the answer to the client. */
export interface DecidedOnce {
  readonly pod?: string;
  readonly status?: unknown;
  readonly code?: string;
}

/** One decision as Envoy asks for it, with these request headers; the exchange ends at once. */
export async function decideOnce(address: string, headers: Record<string, string>): Promise<DecidedOnce> {
  const reply = await replyTo(address, headers);
  const { immediate_response: refusal, request_headers: decided } = reply;
  if (refusal) return { status: statusOf(refusal), code: JSON.parse(String(refusal.body)).error.code };
  const [destination] = decided?.response?.header_mutation?.set_headers ?? [];
  return { pod: String(destination?.header?.raw_value).split(',')[0] ?? '' };
}

/** The numbers of the statuses by the names that the decoder gives. */
const statusNumbers: Readonly<Record<string, number>> = {
  BadRequest: 400,
  Forbidden: 403,
  NotFound: 404,
  InternalServerError: 500,
  ServiceUnavailable: 503,
};

function statusOf({ status }: NonNullable<ProcessingResponse__Output['immediate_response']>): unknown {
  return statusNumbers[String(status?.code)] ?? status?.code;
}

/** The first reply to request headers. */
export async function replyTo(
  address: string,
  headers: Record<string, string>,
): Promise<ProcessingResponse__Output> {
  const client = new ExternalProcessor(address, credentials.createInsecure());
  const stream = client.process();
  try {
    return await new Promise((resolve, reject) => {
      stream.on('data', resolve).on('error', reject);
      const named = Object.entries(headers).map(([key, value]) => ({ key, raw_value: Buffer.from(value) }));
      stream.write({ request_headers: { headers: { headers: named } } });
    });
  } finally {
    stream.end();
    client.close();
  }
}
