import { status } from '@grpc/grpc-js';
import type { ProcessingResponse__Output } from '../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { destinationIn } from './destination.ts';
import type { StreamedEvent } from './pickerStream.ts';

/** What a picker sent, in one line; pieces of a body that follow each other are one entry. Pure. */
export function describeEvents(events: readonly StreamedEvent[]): string {
  const entries: string[] = [];
  let body: { name: string; bytes: number; pieces: number; ends: number } | undefined;
  const flush = (): void => {
    if (body === undefined) return;
    const { name, bytes, pieces, ends } = body;
    const end = ends === 0 ? '' : ends === 1 ? ', end_of_stream' : `, ${ends} × end_of_stream`;
    entries.push(`${name} ${bytes} bytes in ${pieces} ${pieces === 1 ? 'piece' : 'pieces'}${end}`);
    body = undefined;
  };
  for (const event of events) {
    const streamed = event.kind === 'reply' ? streamedIn(event.reply) : undefined;
    if (streamed !== undefined) {
      if (body?.name !== streamed.name) flush();
      body ??= { name: streamed.name, bytes: 0, pieces: 0, ends: 0 };
      body.bytes += streamed.bytes;
      body.pieces += 1;
      body.ends += streamed.isEnd ? 1 : 0;
      continue;
    }
    flush();
    entries.push(event.kind === 'reply' ? describeReply(event.reply) : describeEnd(event));
  }
  flush();
  return entries.length === 0 ? 'nothing' : entries.join('; ');
}

function streamedIn(reply: ProcessingResponse__Output) {
  for (const name of ['request_body', 'response_body'] as const) {
    const streamed = reply[name]?.response?.body_mutation?.streamed_response;
    if (streamed) return { name, bytes: streamed.body?.length ?? 0, isEnd: streamed.end_of_stream === true };
  }
  return undefined;
}

function describeReply(reply: ProcessingResponse__Output): string {
  const { response: kind, immediate_response: immediate } = reply;
  if (immediate) return `ImmediateResponse ${immediate.status?.code ?? 'without a status'}`;
  if (kind === undefined) return 'a message without a reply';
  const destination = destinationIn(reply);
  const { header, metadata } = destination;
  const places =
    header === metadata
      ? (header ?? '')
      : `header ${header ?? 'without a destination'}, metadata ${metadata ?? 'without one'}`;
  const override = reply.mode_override ? ' with mode_override' : '';
  return `${kind}${places === '' ? '' : ` → ${places}`}${override}`;
}

function describeEnd({ code, details }: Exclude<StreamedEvent, { kind: 'reply' }>): string {
  if (code === status.OK) return 'end of the stream';
  return `end of the stream with ${status[code] ?? code}${details === '' ? '' : ` (${details})`}`;
}
