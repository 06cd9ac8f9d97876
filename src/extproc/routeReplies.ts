import { BackwardWriter } from '../proto/wire/backwardWriter.ts';
import type { Route } from '../scheduling/decision.ts';
import type { ResponseWatch } from '../signals/responseWatch.ts';
import { destinationHeader, destinationNamespace } from './names.ts';

/** An encoded reply, and where its texts are: the rest depends only on their lengths. */
interface Layout {
  readonly bytes: Buffer;
  /** Offsets of the endpoint with its alternates. */
  readonly destinations: readonly [inHeader: number, inMetadata: number];
  /** Offsets of the endpoint's address in the further headers. */
  readonly addresses: readonly number[];
}

interface Lengths {
  readonly address: number;
  readonly destinations: number;
}

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

const watches: readonly ResponseWatch[] = ['none', 'headers', 'body'];

/**
 * Names the endpoint and its alternates in the header and, with the same value, in `envoy.lb`
 * metadata (Gateway API endpoint picker protocol). This is the reply to nearly every request, so a
 * reply is encoded once for each length of its texts; then only the texts are written into it.
 */
export class RouteReplies {
  readonly #extraHeaders: readonly string[];
  /** By watch and lengths. Addresses have similar lengths, so there are few. */
  readonly #layouts = new Map<number, Layout>();

  /** @param extraHeaders further headers, which carry the chosen address without alternates */
  constructor(extraHeaders: readonly string[]) {
    this.#extraHeaders = extraHeaders;
  }

  /**
   * @param watch which parts of this response Envoy is to send
   * @returns bytes that are valid until the next call
   */
  encode({ endpoint: { address }, alternates }: Route, watch: ResponseWatch = 'none'): Buffer {
    let destinations = address;
    for (const alternate of alternates) destinations += `,${alternate.address}`;
    const { length } = destinations;
    const layout = this.#layoutOf({ address: address.length, destinations: length }, watch);
    const { bytes } = layout;
    const [first, second] = layout.destinations;
    bytes.write(destinations, first, 'latin1');
    bytes.copyWithin(second, first, first + length);
    for (const offset of layout.addresses) bytes.write(address, offset, 'latin1');
    return bytes;
  }

  #layoutOf(lengths: Lengths, watch: ResponseWatch): Layout {
    const key = (lengths.destinations * 0x1_0000 + lengths.address) * watches.length + watches.indexOf(watch);
    let layout = this.#layouts.get(key);
    if (layout === undefined) {
      layout = layOut(lengths, this.#extraHeaders, watch);
      this.#layouts.set(key, layout);
    }
    return layout;
  }
}

/** The last field is written first. */
function layOut(lengths: Lengths, extraHeaders: readonly string[], watch: ResponseWatch): Layout {
  const writer = new BackwardWriter();
  const destinations = ' '.repeat(lengths.destinations);
  const address = ' '.repeat(lengths.address);
  if (watch !== 'none') writeModeOverride(writer, watch);
  const inMetadata = writeMetadata(writer, destinations);
  const end = writer.position;
  const inExtraHeaders = extraHeaders.toReversed().map((name) => writeSetHeader(writer, name, address));
  const inHeader = writeSetHeader(writer, destinationHeader, destinations);
  writer.wrap(commonResponse.headerMutation, end);
  writer.wrap(headersResponse.response, end);
  writer.wrap(processingResponse.requestHeaders, end);
  const bytes = writer.written();
  return {
    bytes,
    destinations: [bytes.length - inHeader, bytes.length - inMetadata],
    addresses: inExtraHeaders.map((fromEnd) => bytes.length - fromEnd),
  };
}

/**
 * Replaces the whole processing mode of this request: a body mode that is left out means NONE. The
 * trailers keep the stream open until the exchange ends.
 */
function writeModeOverride(writer: BackwardWriter, watch: Exclude<ResponseWatch, 'none'>): void {
  const end = writer.position;
  writer.number(processingMode.responseTrailerMode, sendMode.send);
  writer.number(processingMode.requestTrailerMode, sendMode.skip);
  if (watch === 'body') writer.number(processingMode.responseBodyMode, sendMode.streamed);
  writer.number(processingMode.responseHeaderMode, sendMode.send);
  writer.wrap(processingResponse.modeOverride, end);
}

/** @returns where the text begins, counted from the end of the message */
function writeMetadata(writer: BackwardWriter, destinations: string): number {
  const end = writer.position;
  const begin = writer.position + destinations.length;
  writer.text(protobufValue.stringValue, destinations);
  writer.wrap(mapEntry.value, end);
  writer.text(mapEntry.key, destinationHeader);
  writer.wrap(struct.fields, end);
  writer.wrap(protobufValue.structValue, end);
  writer.wrap(mapEntry.value, end);
  writer.text(mapEntry.key, destinationNamespace);
  writer.wrap(struct.fields, end);
  writer.wrap(processingResponse.dynamicMetadata, end);
  return begin;
}

/** @returns where the value begins, counted from the end of the message */
function writeSetHeader(writer: BackwardWriter, key: string, value: string): number {
  const end = writer.position;
  writer.number(headerValueOption.appendAction, headerValueOption.overwriteIfExistsOrAdd);
  const headerEnd = writer.position;
  const begin = writer.position + value.length;
  writer.text(headerValue.rawValue, value);
  writer.text(headerValue.key, key);
  writer.wrap(headerValueOption.header, headerEnd);
  writer.wrap(headerMutation.setHeaders, end);
  return begin;
}
