import type { ProcessingRequest__Output } from '../proto/generated/edge/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import { WireReader } from '../proto/wire/wireReader.ts';
import type { RequestSource } from '../request/requestSource.ts';
import type { DuplexBodies } from './fullDuplex/fullDuplexRules.ts';
import { lastEntry, type MessagePart, partOf, textsOf } from './messageParts.ts';

/** Which part of the HTTP exchange a message carries. */
export type ProcessingRequestKind = NonNullable<ProcessingRequest__Output['request']>;

/** Field numbers, as in proto/. */
const processingRequest = { metadataContext: 8, observabilityMode: 10, protocolConfig: 11 } as const;
const kinds: readonly (ProcessingRequestKind | undefined)[] = [
  undefined,
  undefined,
  'request_headers',
  'response_headers',
  'request_body',
  'response_body',
  'request_trailers',
  'response_trailers',
];
const httpHeaders = { headers: 1, endOfStream: 3 } as const;
export const httpBody = { body: 1, endOfStream: 2 } as const;
const protocolConfiguration = { requestBodyMode: 1, responseBodyMode: 2 } as const;
/** By their numbers. */
const bodyModeNames = ['NONE', 'STREAMED', 'BUFFERED', 'BUFFERED_PARTIAL', 'FULL_DUPLEX_STREAMED'] as const;
const headerMap = { headers: 1 } as const;
const headerValue = { key: 1, value: 2, rawValue: 3 } as const;
const metadata = { filterMetadata: 1 } as const;
const struct = { fields: 1 } as const;

const noBytes = Buffer.alloc(0);

export type BodyModeName = (typeof bodyModeNames)[number];

export interface BodyModes {
  readonly request: BodyModeName;
  readonly response: BodyModeName;
}

const noBodies: BodyModes = { request: 'NONE', response: 'NONE' };

/**
 * Reads a ProcessingRequest lazily: its kind at once, a header or metadata value on each call. It
 * reads the encoded bytes in place, so it is valid only as long as they are.
 */
export class ProcessingRequestReader implements RequestSource {
  readonly kind: ProcessingRequestKind | undefined;
  /** Envoy ignores replies. */
  readonly observabilityMode: boolean;
  readonly #bytes: Buffer;
  readonly #body: MessagePart | undefined;
  readonly #metadata: MessagePart | undefined;
  readonly #protocolConfig: MessagePart | undefined;

  /** @throws MalformedMessage */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    const reader = new WireReader(bytes);
    let kind: ProcessingRequestKind | undefined;
    let observabilityMode = false;
    let body: MessagePart | undefined;
    let context: MessagePart | undefined;
    let protocolConfig: MessagePart | undefined;
    while (reader.next()) {
      const { field } = reader;
      const kindOfField = kinds[field];
      if (kindOfField !== undefined && reader.isBytes(field)) {
        kind = kindOfField;
        body = partOf(reader);
      } else if (reader.isBytes(processingRequest.metadataContext)) context = partOf(reader);
      else if (reader.isVarint(processingRequest.observabilityMode))
        observabilityMode = reader.varint() !== 0;
      else if (reader.isBytes(processingRequest.protocolConfig)) protocolConfig = partOf(reader);
      else reader.skip();
    }
    this.kind = kind;
    this.observabilityMode = observabilityMode;
    this.#body = body;
    this.#metadata = context;
    this.#protocolConfig = protocolConfig;
  }

  /**
   * The first header of this name, or the first trailer in a message of trailers; a body has none.
   * Envoy sends names in lower case and values in `raw_value`; older releases used `value`.
   */
  header(name: string): string | undefined {
    if (this.kind === 'request_body' || this.kind === 'response_body') return undefined;
    const reader = this.#read(this.#body);
    let found: string | undefined;
    while (reader.next()) {
      if (!reader.isBytes(httpHeaders.headers)) {
        reader.skip();
        continue;
      }
      const outer = reader.enter();
      found = headerIn(reader, name);
      reader.leave(outer);
    }
    return found;
  }

  /** Envoy sends no body of its own accord. Only the first message of a stream shows it. */
  get sendsNoBodies(): boolean {
    const { request, response } = this.bodyModes;
    return request === 'NONE' && response === 'NONE';
  }

  /**
   * Which bodies Envoy sends without keeping a copy (FULL_DUPLEX_STREAMED); undefined: none. Only
   * the first message of a stream shows it.
   *
   * @param unannounced of a proxy that does not say how it is configured
   */
  fullDuplexBodies(unannounced: DuplexBodies | undefined): DuplexBodies | undefined {
    const config = this.#protocolConfig;
    if (config === undefined) return unannounced;
    if (config.start === config.end) return undefined;
    const modes = this.bodyModes;
    const request = modes.request === 'FULL_DUPLEX_STREAMED';
    const response = modes.response === 'FULL_DUPLEX_STREAMED';
    return request || response ? { request, response } : undefined;
  }

  /** Nothing of the message follows these headers, or this part of a body. */
  get isEndOfStream(): boolean {
    const isBody = this.kind === 'request_body' || this.kind === 'response_body';
    const field = isBody ? httpBody.endOfStream : httpHeaders.endOfStream;
    const reader = this.#read(this.#body);
    let isEnd = false;
    while (reader.next()) {
      if (reader.isVarint(field)) isEnd = reader.varint() !== 0;
      else reader.skip();
    }
    return isEnd;
  }

  /** The bytes of a body message, in place; empty for other messages. */
  bodyBytes(): Buffer {
    if (this.kind !== 'request_body' && this.kind !== 'response_body') return noBytes;
    const reader = this.#read(this.#body);
    let part: MessagePart | undefined;
    while (reader.next()) {
      if (reader.isBytes(httpBody.body)) part = partOf(reader);
      else reader.skip();
    }
    return part === undefined ? noBytes : this.#bytes.subarray(part.start, part.end);
  }

  metadataTexts(
    namespace: string,
    key: string,
    maxBytes: number,
  ): string | readonly string[] | 'too-large' | undefined {
    const reader = this.#read(this.#metadata);
    const fields = lastEntry(reader, metadata.filterMetadata, namespace);
    if (fields === undefined) return undefined;
    const value = lastEntry(this.#read(fields), struct.fields, key);
    if (value === undefined) return undefined;
    return value.end - value.start > maxBytes ? 'too-large' : textsOf(this.#read(value));
  }

  /** How the gateway is configured. Only the first message of a stream shows it. */
  get bodyModes(): BodyModes {
    const config = this.#protocolConfig;
    if (config === undefined || config.start === config.end) return noBodies;
    const reader = this.#read(config);
    let request = 0;
    let response = 0;
    while (reader.next()) {
      if (reader.isVarint(protocolConfiguration.requestBodyMode)) request = reader.varint();
      else if (reader.isVarint(protocolConfiguration.responseBodyMode)) response = reader.varint();
      else reader.skip();
    }
    return { request: bodyModeNames[request] ?? 'NONE', response: bodyModeNames[response] ?? 'NONE' };
  }

  #read(part: MessagePart | undefined): WireReader {
    return new WireReader(this.#bytes, part?.start ?? 0, part?.end ?? 0);
  }
}

function headerIn(reader: WireReader, name: string): string | undefined {
  while (reader.next()) {
    if (!reader.isBytes(headerMap.headers)) {
      reader.skip();
      continue;
    }
    const outer = reader.enter();
    const value = headerValueIf(reader, name);
    reader.leave(outer);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The value of the current header, if it has this name. */
function headerValueIf(reader: WireReader, name: string): string | undefined {
  let isNamed = false;
  let value = '';
  let rawValue = '';
  while (reader.next()) {
    if (reader.isBytes(headerValue.key)) {
      isNamed = reader.textIs(name);
      // Encoders usually write the name first; then the value need not be read.
      if (!isNamed && value === '' && rawValue === '') return undefined;
    } else if (reader.isBytes(headerValue.value)) value = reader.text();
    else if (reader.isBytes(headerValue.rawValue)) rawValue = reader.text();
    else reader.skip();
  }
  return isNamed ? rawValue || value : undefined;
}
