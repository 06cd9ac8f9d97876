import { BackwardWriter } from '../proto/wire/backwardWriter.ts';
import type { Route } from '../scheduling/decision.ts';
import { overrides, type WantedParts, wantsNothing, writeModeOverride } from './modeOverride.ts';
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
const processingResponse = { requestHeaders: 1, requestBody: 3, dynamicMetadata: 8 } as const;
/** Also of a BodyResponse. */
const headersResponse = { response: 1 } as const;
const commonResponse = { headerMutation: 2, clearRouteCache: 5 } as const;
const headerMutation = { setHeaders: 1 } as const;
const headerValueOption = { header: 1, appendAction: 3, overwriteIfExistsOrAdd: 2 } as const;
const headerValue = { key: 1, rawValue: 3 } as const;
const struct = { fields: 1 } as const;
const mapEntry = { key: 1, value: 2 } as const;
const protobufValue = { stringValue: 3, structValue: 5 } as const;

export interface RouteReplyOptions {
  /** Further headers, which carry the chosen address without alternates. */
  readonly extraHeaders?: readonly string[];
  /** How many alternates are named at most. */
  readonly maxAlternates?: number;
  /** Envoy chooses the route again, by the headers that are set here. */
  readonly clearRouteCache?: boolean;
}

/** Which message a reply answers. */
export type RepliesTo = 'request_headers' | 'request_body';

/**
 * Names the endpoint and its alternates in the header and, with the same value, in `envoy.lb`
 * metadata (Gateway API endpoint picker protocol). This is the reply to nearly every request, so a
 * reply is encoded once for each length of its texts; then only the texts are written into it.
 */
export class RouteReplies {
  readonly #options: Required<RouteReplyOptions>;
  /** By form and lengths. Addresses have similar lengths, so there are few. */
  readonly #layouts = new Map<number, Layout>();

  constructor({ extraHeaders = [], maxAlternates = 2, clearRouteCache = false }: RouteReplyOptions = {}) {
    this.#options = { extraHeaders, maxAlternates, clearRouteCache };
  }

  /**
   * @param wanted what Envoy is to send of the exchange, in a reply to headers
   * @returns bytes that are valid until the next call
   */
  encode(
    { endpoint: { address }, alternates }: Route,
    wanted: WantedParts = wantsNothing,
    repliesTo: RepliesTo = 'request_headers',
  ): Buffer {
    let destinations = address;
    const count = Math.min(alternates.length, this.#options.maxAlternates);
    for (let nth = 0; nth < count; nth += 1) destinations += `,${alternates[nth]?.address}`;
    const { length } = destinations;
    const layout = this.#layoutOf({ address: address.length, destinations: length }, wanted, repliesTo);
    const { bytes } = layout;
    const [first, second] = layout.destinations;
    bytes.write(destinations, first, 'latin1');
    bytes.copyWithin(second, first, first + length);
    for (const offset of layout.addresses) bytes.write(address, offset, 'latin1');
    return bytes;
  }

  #layoutOf(lengths: Lengths, wanted: WantedParts, repliesTo: RepliesTo): Layout {
    const form = repliesTo === 'request_body' ? overrides : wanted.index;
    const key = (lengths.destinations * 0x1_0000 + lengths.address) * (overrides + 1) + form;
    let layout = this.#layouts.get(key);
    if (layout === undefined) {
      layout = layOut(lengths, this.#options, wanted, repliesTo);
      this.#layouts.set(key, layout);
    }
    return layout;
  }
}

/** The last field is written first. */
function layOut(
  lengths: Lengths,
  { extraHeaders, clearRouteCache }: Required<RouteReplyOptions>,
  wanted: WantedParts,
  repliesTo: RepliesTo,
): Layout {
  const writer = new BackwardWriter();
  const destinations = ' '.repeat(lengths.destinations);
  const address = ' '.repeat(lengths.address);
  const isToHeaders = repliesTo === 'request_headers';
  if (isToHeaders && wanted !== wantsNothing) writeModeOverride(writer, wanted);
  const inMetadata = writeMetadata(writer, destinations);
  const responseEnd = writer.position;
  if (clearRouteCache) writer.number(commonResponse.clearRouteCache, 1);
  const end = writer.position;
  const inExtraHeaders = extraHeaders.toReversed().map((name) => writeSetHeader(writer, name, address));
  const inHeader = writeSetHeader(writer, destinationHeader, destinations);
  writer.wrap(commonResponse.headerMutation, end);
  writer.wrap(headersResponse.response, responseEnd);
  writer.wrap(isToHeaders ? processingResponse.requestHeaders : processingResponse.requestBody, responseEnd);
  const bytes = writer.written();
  return {
    bytes,
    destinations: [bytes.length - inHeader, bytes.length - inMetadata],
    addresses: inExtraHeaders.map((fromEnd) => bytes.length - fromEnd),
  };
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
