import {
  type Alias,
  type Document,
  type ErrorCode,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLParseError,
} from 'yaml';

/**
 * One YAML document of a file that other tools may have written: any number of aliases, merge keys
 * (`<<`), either line end. What cannot be read is reported with its line and column, and never
 * thrown. An alias that expands without end, or to more than a large file could hold, is refused.
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
  const lines = new LineCounter();
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const positionOf: PositionOf = (node) => at((node as Node | null)?.range?.[0] ?? 0);
  const broken = (faults: readonly YamlFault[]): YamlDocument => ({ kind: 'broken', faults });
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      // The pretty messages quote the line, and a warning of the parser goes to standard error.
      prettyErrors: false,
      logLevel: 'error',
      merge: true,
    });
    if (document.errors.length > 0) {
      return broken(document.errors.map((error) => ({ ...at(error.pos[0]), message: messageOf(error) })));
    }
    const fault = aliasFault(document);
    if (fault) return broken([{ ...positionOf(fault.node), message: fault.message }]);
    return { kind: 'document', document, positionOf };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return broken([{ line: 1, column: 1, message: 'nested too deeply' }]);
  }
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

/** One pass in the order of the text, because an alias means the last anchor before it. */
function aliasFault(document: Document): { node: Alias; message: string } | undefined {
  const anchors = new Map<string, object>();
  /** Of each collection or scalar that has ended: its nodes with aliases expanded. */
  const sizes = new Map<object, number>();
  const openSizes: { node: object; size: number }[] = [];
  let fault: { node: Alias; message: string } | undefined;

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
