import { BackwardWriter } from '../../src/proto/wire/backwardWriter.ts';

/** Encoded messages that are nested to any depth. */

export const subsetPlace = ['envoy.lb.subset_hint', 'x-gateway-destination-endpoint-subset'] as const;
export const servedPlace = ['envoy.lb', 'x-gateway-destination-endpoint-served'] as const;

/**
 * A ProcessingRequest of headers whose metadata has a list in a list, `depth` times, around `core`.
 *
 * @param field 2: request headers; 3: response headers
 */
export function nestedLists(
  depth: number,
  [namespace, key]: readonly [namespace: string, key: string],
  { core = '10.0.0.1:8000', field = 2 } = {},
): Buffer {
  const writer = new BackwardWriter();
  writer.text(3, core); // Value.string_value
  for (let i = 0; i < depth; i += 1) {
    writer.wrap(1, 0); // ListValue.values
    writer.wrap(6, 0); // Value.list_value
  }
  return withMetadata(writer, namespace, key, field);
}

/** The same with a struct in a struct. */
export function nestedStructs(
  depth: number,
  [namespace, key]: readonly [namespace: string, key: string],
): Buffer {
  const writer = new BackwardWriter();
  writer.text(3, 'core');
  for (let i = 0; i < depth; i += 1) {
    writer.wrap(2, 0); // an entry's value
    writer.wrap(1, 0); // Struct.fields
    writer.wrap(5, 0); // Value.struct_value
  }
  return withMetadata(writer, namespace, key, 2);
}

/** An unknown field, a group in a group. */
export function nestedGroups(depth: number): Buffer {
  const [groupStart, groupEnd] = [0xa3, 0xa4]; // field 100, with 0x06
  const bytes = Buffer.alloc(depth * 4, 0x06);
  for (let i = 0; i < depth; i += 1) {
    bytes[i * 2] = groupStart;
    bytes[(depth + i) * 2] = groupEnd;
  }
  return bytes;
}

function withMetadata(writer: BackwardWriter, namespace: string, key: string, field: number): Buffer {
  writer.wrap(2, 0); // an entry's value
  writer.text(1, key);
  writer.wrap(1, 0); // Struct.fields
  writer.wrap(2, 0); // an entry's value
  writer.text(1, namespace);
  writer.wrap(1, 0); // Metadata.filter_metadata
  writer.wrap(8, 0); // ProcessingRequest.metadata_context
  writer.wrap(field, writer.position); // headers, none of them
  return Buffer.from(writer.written());
}
