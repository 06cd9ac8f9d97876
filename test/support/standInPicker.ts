import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import type { ProcessingRequest__Output } from '../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { ProcessingResponse } from '../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import type { Value__Output } from '../../src/proto/generated/edge/google/protobuf/Value.ts';
import { externalProcessorService, healthService } from '../../src/proto/services.ts';

/** What a picker may do wrong. */
export type PickerFault =
  | 'other-metadata'
  | 'no-metadata'
  | 'host-name'
  | 'spaced-list'
  | 'keeps-client-header'
  | 'skips-value'
  | 'loses-byte'
  | 'swaps-pieces'
  | 'long-pieces'
  | 'no-end'
  | 'end-on-each-piece'
  | 'empty-body-answers'
  | 'body-first'
  | 'ignores-trailers'
  | 'ignores-subset'
  | 'keeps-spaces'
  | 'routes-strangers'
  | 'fails-strangers'
  | 'answers-429'
  | 'goes-on-after-rejection'
  | 'no-readiness'
  | 'ignores-half-close'
  | 'dies-of-garbage'
  | 'leaks-streams'
  | 'loses-response-end'
  | 'drops-response-pieces'
  | 'fails-response-headers'
  | 'streams-when-buffered'
  | 'clears-body'
  | 'fails-response-trailers';

type Call = ServerDuplexStream<Buffer, ProcessingResponse>;
type BodyField = 'request_body' | 'response_body';
type HealthCall = ServerUnaryCall<{ service?: string }, object>;
const { Process: processMethod } = externalProcessorService;
const pods = ['10.0.0.1:8000', '10.0.0.2:8000', '10.0.0.3:8000'];
const destinationKey = 'x-gateway-destination-endpoint';
const pieceBytes = 62_000;
/** With the fault that keeps streams. */
const mostStreams = 60;

/**
 * A small endpoint picker that is no part of the product: it keeps streams until the gateway ends
 * them, and gives responses back. One fault at a time makes it wrong.
 */
export class StandInPicker {
  readonly #server = new Server();
  readonly fault: PickerFault | undefined;
  address = '';
  streams = 0;
  #picks = 0;

  constructor(fault?: PickerFault) {
    this.fault = fault;
    // Messages are decoded here, where garbage can have its effect.
    const raw = { ...processMethod, requestDeserialize: (bytes: Buffer) => bytes };
    this.#server.addService({ Process: raw }, { Process: (call: Call) => new StandInExchange(this, call) });
    this.#server.addService(healthService, {
      check: (call: HealthCall, answer: sendUnaryData<object>) => {
        const isKnown = services.includes(call.request.service ?? '');
        const isMissing = fault === 'no-readiness' && call.request.service === 'readiness';
        if (isKnown && !isMissing) answer(null, { status: 'SERVING' });
        else answer({ code: status.NOT_FOUND, details: 'unknown service' });
      },
    });
  }

  listen(): Promise<this> {
    return new Promise((resolve, reject) => {
      this.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
        if (error) reject(error);
        this.address = `127.0.0.1:${port}`;
        resolve(this);
      });
    });
  }

  close(): void {
    this.#server.forceShutdown();
  }

  /** @returns undefined: none matches */
  pick(hint: Value__Output | undefined): string | undefined {
    const nth = this.#picks++;
    if (hint === undefined || this.fault === 'ignores-subset') return pods[nth % pods.length];
    const entries = textsOf(hint).flatMap((text) => text.split(','));
    const wanted = entries.map((entry) => (this.fault === 'keeps-spaces' ? entry : entry.trim()));
    const inside = pods.filter((pod) => wanted.includes(pod) || wanted.includes(pod.split(':')[0] as string));
    if (inside.length === 0 && this.fault === 'routes-strangers') return pods[0];
    return inside[nth % Math.max(1, inside.length)];
  }
}

const services = [
  '',
  'envoy.service.ext_proc.v3.ExternalProcessor',
  'liveness',
  'readiness',
  'inference-extension',
];

function textsOf(value: Value__Output): string[] {
  if (value.listValue) return (value.listValue.values ?? []).flatMap(textsOf);
  return value.stringValue === undefined ? [] : [value.stringValue];
}

class StandInExchange {
  readonly #picker: StandInPicker;
  readonly #call: Call;
  #isDuplex = false;
  #isRejected = false;
  #held: ProcessingResponse[] = [];

  constructor(picker: StandInPicker, call: Call) {
    this.#picker = picker;
    this.#call = call;
    picker.streams += 1;
    call.on('data', (bytes: Buffer) => this.#onBytes(bytes));
    call.on('error', () => {});
    call.on('end', () => {
      if (picker.fault !== 'ignores-half-close') call.end();
    });
    if (picker.fault === 'leaks-streams' && picker.streams > mostStreams) this.#fail('RESOURCE_EXHAUSTED');
  }

  #onBytes(bytes: Buffer): void {
    let message: ProcessingRequest__Output;
    try {
      message = processMethod.requestDeserialize(bytes);
    } catch {
      if (this.#picker.fault === 'dies-of-garbage') this.#picker.close();
      else this.#fail('INTERNAL');
      return;
    }
    if (this.#isRejected) {
      if (this.#picker.fault === 'goes-on-after-rejection') this.#call.write({ request_body: {} });
      return;
    }
    this.#onMessage(message);
  }

  #onMessage(message: ProcessingRequest__Output): void {
    const { fault } = this.#picker;
    switch (message.request) {
      case 'request_headers':
        this.#decide(message);
        break;
      case 'request_body':
        this.#onBody('request_body', message.request_body?.body, message.request_body?.end_of_stream);
        break;
      case 'request_trailers':
        if (fault !== 'ignores-trailers') this.#call.write({ request_trailers: {} });
        break;
      case 'response_headers':
        if (fault === 'fails-response-headers') this.#fail('INTERNAL');
        else this.#call.write({ response_headers: {} });
        break;
      case 'response_body':
        this.#onBody('response_body', message.response_body?.body, message.response_body?.end_of_stream);
        break;
      case 'response_trailers':
        if (fault === 'fails-response-trailers') this.#fail('INTERNAL');
        else this.#call.write({ response_trailers: {} });
        break;
      case undefined:
        this.#fail('INVALID_ARGUMENT');
        break;
      default:
        message.request satisfies never;
    }
  }

  #decide({ request_headers, metadata_context, protocol_config }: ProcessingRequest__Output): void {
    const { fault } = this.#picker;
    this.#isDuplex = protocol_config?.request_body_mode === 'FULL_DUPLEX_STREAMED';
    const fields = metadata_context?.filter_metadata?.['envoy.lb.subset_hint']?.fields;
    const pod = this.#picker.pick(fields?.[`${destinationKey}-subset`]);
    const [first] = request_headers?.headers?.headers ?? [];
    if (fault === 'skips-value' && first?.raw_value === undefined) {
      this.#fail('INVALID_ARGUMENT');
      return;
    }
    if (pod === undefined) {
      this.#isRejected = true;
      if (fault === 'fails-strangers') this.#fail('UNAVAILABLE');
      else if (fault === 'answers-429') this.#call.write({ immediate_response: { status: { code: 429 } } });
      else this.#call.write({ immediate_response: { status: { code: 503 } } });
      return;
    }
    const named = fault === 'host-name' ? 'pod-a:8000' : fault === 'spaced-list' ? `${pod}, ${pod}` : pod;
    const reply = routeTo(named, fault);
    if (fault === 'body-first' && request_headers?.end_of_stream !== true) this.#held.push(reply);
    else this.#call.write(reply);
  }

  #onBody(kind: BodyField, body: Buffer = Buffer.alloc(0), isEnd = false): void {
    const { fault } = this.#picker;
    const isRequest = kind === 'request_body';
    if (!this.#isDuplex || (isRequest && fault === 'empty-body-answers')) {
      this.#call.write({ [kind]: bufferedAnswer(isRequest ? fault : undefined) });
      return;
    }
    if (!isRequest && fault === 'drops-response-pieces' && !isEnd) return;
    const bytes = isRequest && fault === 'loses-byte' && isEnd ? body.subarray(1) : body;
    const size = fault === 'long-pieces' ? 4_000_000 : pieceBytes;
    const pieces: Buffer[] = [];
    for (let start = 0; start === 0 || start < bytes.length; start += size) {
      pieces.push(bytes.subarray(start, start + size));
    }
    const losesEnd = isRequest ? fault === 'no-end' : fault === 'loses-response-end';
    const replies = pieces.map((piece, nth): ProcessingResponse => {
      const ends = (isEnd && nth === pieces.length - 1 && !losesEnd) || fault === 'end-on-each-piece';
      const streamed_response = { body: piece, end_of_stream: ends };
      return { [kind]: { response: { body_mutation: { streamed_response } } } };
    });
    this.#send(replies, isRequest && fault === 'swaps-pieces' && !isEnd);
  }

  /** @param isLate behind the next ones */
  #send(replies: readonly ProcessingResponse[], isLate: boolean): void {
    if (isLate && this.#held.length === 0) {
      this.#held.push(...replies);
      return;
    }
    for (const reply of [...replies, ...this.#held.splice(0)]) this.#call.write(reply);
  }

  #fail(code: keyof typeof status): void {
    this.#call.emit('error', { code: status[code], details: code });
  }
}

function bufferedAnswer(fault: PickerFault | undefined) {
  if (fault === 'clears-body') return { response: { body_mutation: { clear_body: true } } };
  if (fault !== 'streams-when-buffered') return {};
  return { response: { body_mutation: { streamed_response: { body: Buffer.from('x') } } } };
}

function routeTo(pod: string, fault: PickerFault | undefined): ProcessingResponse {
  const other = pods.find((each) => each !== pod) as string;
  const stringValue = fault === 'other-metadata' ? other : pod;
  const append_action = fault === 'keeps-client-header' ? 'ADD_IF_ABSENT' : 'OVERWRITE_IF_EXISTS_OR_ADD';
  const set_headers = [
    { header: { key: destinationKey, raw_value: Buffer.from(pod) }, append_action },
  ] as const;
  const lb = { structValue: { fields: { [destinationKey]: { stringValue } } } };
  return {
    request_headers: { response: { header_mutation: { set_headers: [...set_headers] } } },
    ...(fault !== 'no-metadata' && { dynamic_metadata: { fields: { 'envoy.lb': lb } } }),
  };
}
