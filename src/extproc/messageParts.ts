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

/**
 * The strings of a google.protobuf.Value: one string, or those of a list and of the lists in it, in
 * their order, with '' for a member of another type. The last member of a oneof wins.
 *
 * Lists may be nested to any depth, so nothing here calls itself: `outer` has the ends of the
 * messages around the current one, in turn a Value and the ListValue in it.
 */
export function textsOf(reader: WireReader): string | readonly string[] {
  const texts: string[] = [];
  const outer: number[] = [];
  /** Of each Value around the current one: how many texts stand before it. */
  const outerFirst: number[] = [];
  let first = 0;
  let isInList = false;
  /** What the Value is that was read last. */
  let kind: 'text' | 'list' | 'other' = 'other';
  for (;;) {
    if (!reader.next()) {
      const end = outer.pop();
      if (end === undefined) return kind === 'text' ? (texts[0] as string) : texts;
      reader.leave(end);
      if (isInList) kind = 'list';
      else {
        if (kind === 'other') texts.push('');
        first = outerFirst.pop() as number;
      }
      isInList = !isInList;
    } else if (!isInList) {
      texts.length = first;
      kind = 'other';
      if (reader.isBytes(protobufValue.stringValue)) {
        kind = 'text';
        texts.push(reader.text());
      } else if (reader.isBytes(protobufValue.listValue)) {
        outer.push(reader.enter());
        isInList = true;
      } else reader.skip();
    } else if (reader.isBytes(listValue.values)) {
      outer.push(reader.enter());
      outerFirst.push(first);
      first = texts.length;
      isInList = false;
      kind = 'other';
    } else reader.skip();
  }
}
