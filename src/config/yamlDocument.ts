import {
  type Alias,
  type Document,
  type ErrorCode,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLParseError,
} from 'yaml';
import { deepestLevel, tooDeepAt } from './yamlNesting.ts';

/**
 * One YAML document of a file that other tools may have written: any number of aliases, merge keys
 * (`<<`), either line end. What cannot be read is reported with its line and column, and never
 * thrown. What nests without end is refused before it is parsed, and an alias that expands without
 * end, or to more than a large file could hold.
 */
export type YamlDocument =
  | { readonly kind: 'document'; readonly document: Document; readonly positionOf: PositionOf }
  | { readonly kind: 'broken'; readonly faults: readonly YamlFault[] };

export interface YamlFault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export type PositionOf = (node: unknown) => { readonly line: number; readonly column: number };

/** With all aliases expanded. 10,000 endpoints with labels are about 150,000. */
const maxExpandedNodes = 1_000_000;

export function parseYaml(text: string): YamlDocument {
  const tooDeep = tooDeepAt(text);
  if (tooDeep !== undefined) {
    const message = `more than ${deepestLevel} levels deep; expected settings, which need ten at most`;
    return { kind: 'broken', faults: [{ ...positionIn(text, tooDeep), message }] };
  }
  const lines = new LineCounter();
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const positionOf: PositionOf = (node) => at((node as Node | null)?.range?.[0] ?? 0);
  const broken = (faults: readonly YamlFault[]): YamlDocument => ({ kind: 'broken', faults });
  const document = parseDocument(text, {
    lineCounter: lines,
    // The pretty messages quote the line, and a warning of the parser goes to standard error.
    prettyErrors: false,
    logLevel: 'error',
    merge: true,
    // It compares each key with all others of its mapping: `repeatedKey` does it once.
    uniqueKeys: false,
  });
  if (document.errors.length > 0) {
    return broken(document.errors.map((error) => ({ ...at(error.pos[0]), message: messageOf(error) })));
  }
  const fault = repeatedKey(document) ?? aliasFault(document);
  if (fault) return broken([{ ...positionOf(fault.node), message: fault.message }]);
  return { kind: 'document', document, positionOf };
}

function positionIn(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** In place of messages that quote the text, which may be a password or that of another file. */
const messageByCode: Partial<Record<ErrorCode, string>> = {
  BAD_DIRECTIVE: 'an invalid directive (%)',
  BAD_DQ_ESCAPE: 'an invalid escape sequence',
  BAD_SCALAR_START: 'a plain value cannot start with this character',
  MULTIPLE_DOCS: 'several documents in one file; only one is read',
  TAG_RESOLVE_FAILED: 'an unknown tag (!)',
};

function messageOf({ code, message }: YAMLParseError): string {
  return messageByCode[code] ?? message.replace(/(extra characters|but found): .*$/s, '$1');
}

export type PlainValue =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'fault'; readonly message: string };

/** The plain value of a node; aliases are expanded and merge keys applied. */
export function plainValue(document: Document, node: unknown): PlainValue {
  try {
    const value = node === null ? null : (node as Node).toJS(document, { maxAliasCount: -1 });
    return { kind: 'value', value };
  } catch (error) {
    // A merge key whose value is no mapping.
    return { kind: 'fault', message: (error as Error).message };
  }
}

interface NodeFault {
  readonly node: Node;
  readonly message: string;
}

function repeatedKey(document: Document): NodeFault | undefined {
  let fault: NodeFault | undefined;
  visit(document, {
    Map(_, { items }) {
      const values = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (values.has(key.value)) {
          fault = { node: key, message: 'a key that the mapping has already' };
          return visit.BREAK;
        }
        values.add(key.value);
      }
      return undefined;
    },
  });
  return fault;
}

/** One pass in the order of the text, because an alias means the last anchor before it. */
function aliasFault(document: Document): NodeFault | undefined {
  const anchors = new Map<string, object>();
  /** Of each collection or scalar that has ended: its nodes with aliases expanded. */
  const sizes = new Map<object, number>();
  const openSizes: { node: object; size: number }[] = [];
  let fault: NodeFault | undefined;

  const end = (until: number): void => {
    while (openSizes.length > until) {
      const closed = openSizes.pop();
      if (closed === undefined) return;
      sizes.set(closed.node, closed.size);
      const parent = openSizes.at(-1);
      if (parent) parent.size += closed.size;
    }
  };
  visit(document, (_, node, path) => {
    // Nodes that are no ancestor of this one have ended.
    const depth = path.length;
    while (openSizes.length > 0 && !path.includes(openSizes.at(-1)?.node as never)) end(openSizes.length - 1);
    if (depth === 0 || node === null || typeof node !== 'object') return undefined;
    if ('source' in node && 'resolve' in node) {
      const alias = node as Alias;
      const target = anchors.get(alias.source);
      if (target === undefined) {
        fault = { node: alias, message: `an alias has no anchor before it` };
        return visit.BREAK;
      }
      const size = sizes.get(target);
      if (size === undefined && openSizes.some((open) => open.node === target)) {
        fault = { node: alias, message: `an alias contains itself` };
        return visit.BREAK;
      }
      const parent = openSizes.at(-1);
      if (parent) parent.size += size ?? 1;
      const total = openSizes.reduce((sum, open) => sum + open.size, 0);
      if (total > maxExpandedNodes) {
        fault = { node: alias, message: `aliases expand to more than ${maxExpandedNodes} values` };
        return visit.BREAK;
      }
      return undefined;
    }
    if ('anchor' in node && typeof node.anchor === 'string') anchors.set(node.anchor, node);
    openSizes.push({ node, size: 1 });
    return undefined;
  });
  return fault;
}
