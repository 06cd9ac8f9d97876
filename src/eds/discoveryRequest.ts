import { WireReader } from '../proto/wire/wireReader.ts';

/** The resource type that is served. */
export const assignmentType = 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment';

/** What both kinds of request have. */
interface AnyDiscoveryRequest {
  /** '' where the service has only one type. */
  readonly typeUrl: string;
  /** Of the response that it answers; '': of none. */
  readonly nonce: string;
  /** Why that response is refused, in the client's words; undefined: it is accepted. */
  readonly refusal: string | undefined;
  /** '' in all but the first request of a stream. */
  readonly nodeId: string;
}

/** A request of the state of the world: all resources that the client wants. */
export interface StateRequest extends AnyDiscoveryRequest {
  readonly names: ReadonlySet<string>;
}

/** A request of the incremental protocol: how the wanted resources change. */
export interface DeltaRequest extends AnyDiscoveryRequest {
  readonly subscribe: ReadonlySet<string>;
  readonly unsubscribe: ReadonlySet<string>;
  /** What the client has already, from an earlier stream, by name. */
  readonly initialVersions: ReadonlyMap<string, string>;
}

/** An Envoy describes itself at length (tens of kilobytes); all but its id is skipped. */
const nodeIdField = 1;
const messageField = 2;
const mapEntry = { key: 1, value: 2 } as const;

/** @throws MalformedMessage */
export function readStateRequest(message: Buffer): StateRequest {
  const names = new Set<string>();
  const reader = new WireReader(message);
  const common = { typeUrl: '', nonce: '', refusal: undefined as string | undefined, nodeId: '' };
  while (reader.next()) {
    if (reader.isBytes(2)) common.nodeId = textInside(reader, nodeIdField);
    else if (reader.isBytes(3)) names.add(reader.text());
    else if (reader.isBytes(4)) common.typeUrl = reader.text();
    else if (reader.isBytes(5)) common.nonce = reader.text();
    else if (reader.isBytes(6)) common.refusal = textInside(reader, messageField);
    else reader.skip();
  }
  return { ...common, names };
}

/** @throws MalformedMessage */
export function readDeltaRequest(message: Buffer): DeltaRequest {
  const subscribe = new Set<string>();
  const unsubscribe = new Set<string>();
  const initialVersions = new Map<string, string>();
  const reader = new WireReader(message);
  const common = { typeUrl: '', nonce: '', refusal: undefined as string | undefined, nodeId: '' };
  while (reader.next()) {
    if (reader.isBytes(1)) common.nodeId = textInside(reader, nodeIdField);
    else if (reader.isBytes(2)) common.typeUrl = reader.text();
    else if (reader.isBytes(3)) subscribe.add(reader.text());
    else if (reader.isBytes(4)) unsubscribe.add(reader.text());
    else if (reader.isBytes(5)) readEntry(reader, initialVersions);
    else if (reader.isBytes(6)) common.nonce = reader.text();
    else if (reader.isBytes(7)) common.refusal = textInside(reader, messageField);
    else reader.skip();
  }
  return { ...common, subscribe, unsubscribe, initialVersions };
}

/** The last text field of this number in the current field, a message. */
function textInside(reader: WireReader, field: number): string {
  let text = '';
  const outerEnd = reader.enter();
  while (reader.next()) {
    if (reader.isBytes(field)) text = reader.text();
    else reader.skip();
  }
  reader.leave(outerEnd);
  return text;
}

function readEntry(reader: WireReader, into: Map<string, string>): void {
  let key = '';
  let value = '';
  const outerEnd = reader.enter();
  while (reader.next()) {
    if (reader.isBytes(mapEntry.key)) key = reader.text();
    else if (reader.isBytes(mapEntry.value)) value = reader.text();
    else reader.skip();
  }
  reader.leave(outerEnd);
  into.set(key, value);
}
