import { type Document, isMap, isScalar, isSeq, type Pair, parseDocument, type YAMLMap } from 'yaml';

/**
 * Small edits of a YAML document that keep all of its comments. A path names map keys, and items of
 * a list by their `name`, else by their index.
 */
export type Path = readonly (string | number)[];

/** A comment before the key at the path, in place of the one that is there. */
export function setComment(document: Document, path: Path, text: string): void {
  const { map, pair, index } = locate(document, path);
  if (!isScalar(pair.key)) throw new Error(`${path.join('.')}: the key is not a scalar`);
  const comment = commentOf(text);
  // The parser attaches the comment before the first key of a map to the map.
  if (index === 0) map.commentBefore = comment;
  else pair.key.commentBefore = comment;
}

/** The comment at the top of the document. */
export function setHeader(document: Document, text: string): void {
  document.commentBefore = commentOf(text);
}

/** @param yaml the new value; its comments are kept */
export function setValue(document: Document, path: Path, yaml: string): void {
  locate(document, path).pair.value = parseDocument(yaml).contents;
}

/** Replaces the key at the path and its value. @param yaml a map of the new keys */
export function replaceKey(document: Document, path: Path, yaml: string): void {
  const { map, index } = locate(document, path);
  map.items.splice(index, 1, ...pairsOf(yaml));
}

/** Removes the key at the path with its value and its comments. */
export function removeKey(document: Document, path: Path): void {
  const { map, index } = locate(document, path);
  map.items.splice(index, 1);
}

/** @param yaml a map of the keys that follow the one at the path */
export function insertAfter(document: Document, path: Path, yaml: string): void {
  const { map, index } = locate(document, path);
  map.items.splice(index + 1, 0, ...pairsOf(yaml));
}

/** @param yaml the item that becomes the last of the list at the path */
export function appendItem(document: Document, path: Path, yaml: string): void {
  const { value } = locate(document, path).pair;
  if (!isSeq(value)) throw new Error(`${path.join('.')} is not a list`);
  value.items.push(parseDocument(yaml).contents);
}

interface Location {
  readonly map: YAMLMap;
  readonly pair: Pair;
  readonly index: number;
}

/** @throws Error that names the part of the path that the document does not have. */
function locate(document: Document, path: Path): Location {
  let node: unknown = document.contents;
  for (const [depth, step] of path.entries()) {
    const missing = () => new Error(`no ${path.slice(0, depth + 1).join('.')} in the document`);
    if (isSeq(node)) {
      const items: readonly unknown[] = node.items;
      node =
        typeof step === 'number'
          ? items[step]
          : items.find((item) => isMap(item) && item.get('name') === step);
      if (node === undefined) throw missing();
    } else if (isMap(node)) {
      const { items } = node;
      const index = items.findIndex(({ key }) => isScalar(key) && key.value === step);
      const pair = items[index];
      if (pair === undefined) throw missing();
      if (depth === path.length - 1) return { map: node, pair, index };
      node = pair.value;
    } else throw missing();
  }
  throw new Error(`${path.join('.')} does not end at a key of a map`);
}

function pairsOf(yaml: string): Pair[] {
  const { contents } = parseDocument(yaml);
  if (!isMap(contents)) throw new Error(`not a YAML map: ${yaml}`);
  return contents.items;
}

/** yaml writes `#` before each line and nothing between. */
function commentOf(text: string): string {
  return text.trim().replaceAll(/^/gm, ' ');
}
