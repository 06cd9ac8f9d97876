import type { WireReader } from '../proto/wire/wireReader.ts';

/** Reads nested messages, maps and google.protobuf.Value in place. */

/** Field numbers, as in proto/. */
const mapEntry = { key: 1, value: 2 } as const;
const protobufValue = { stringValue: 3, listValue: 6 } as const;
const listValue = { values: 1 } as const;

/** Where a nested message lies. */
export interface MessagePart {
  readonly start: number;
  readonly end: number;
}

export function partOf(reader: WireReader): MessagePart {
  const outer = reader.enter();
  const { position: start } = reader;
  reader.leave(outer);
  return { start, end: reader.position };
}

/** The value of an entry of a map. The last entry with a key wins. */
export function lastEntry(reader: WireReader, mapField: number, key: string): MessagePart | undefined {
  let found: MessagePart | undefined;
  while (reader.next()) {
    if (!reader.isBytes(mapField)) {
      reader.skip();
      continue;
    }
    const outer = reader.enter();
    let isNamed = key === '';
    let value: MessagePart | undefined;
    while (reader.next()) {
      if (reader.isBytes(mapEntry.key)) isNamed = reader.textIs(key);
      else if (reader.isBytes(mapEntry.value)) value = partOf(reader);
      else reader.skip();
    }
    reader.leave(outer);
    if (isNamed && value !== undefined) found = value;
  }
  return found;
}

/** The last member of the oneof in google.protobuf.Value wins. */
export function textsOf(reader: WireReader): string | readonly string[] {
  let texts: string | readonly string[] = [];
  while (reader.next()) {
    if (reader.isBytes(protobufValue.stringValue)) texts = reader.text();
    else if (reader.isBytes(protobufValue.listValue)) texts = listOf(reader);
    else {
      texts = [];
      reader.skip();
    }
  }
  return texts;
}

/** Lists within the list are skipped, not entered: they may be nested to any depth. */
function listOf(reader: WireReader): string[] {
  const texts: string[] = [];
  const outer = reader.enter();
  while (reader.next()) {
    if (!reader.isBytes(listValue.values)) {
      reader.skip();
      continue;
    }
    const list = reader.enter();
    texts.push(stringOf(reader));
    reader.leave(list);
  }
  reader.leave(outer);
  return texts;
}

/** '' for another type of value. */
function stringOf(reader: WireReader): string {
  let text = '';
  while (reader.next()) {
    if (reader.isBytes(protobufValue.stringValue)) text = reader.text();
    else {
      text = '';
      reader.skip();
    }
  }
  return text;
}
