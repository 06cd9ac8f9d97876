import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import { type Assignment, type SourceValues, unknownSetting } from './assignment.ts';
import type { Origin, Problem } from './problem.ts';
import { configTree, isSection, type Section, type Setting } from './settings.ts';

/**
 * The settings of a YAML text, each with its line and column. It checks which keys there are; the
 * schema validates the values.
 */
export function readYaml(file: string, text: string): SourceValues & { readonly isBroken: boolean } {
  const lines = new LineCounter();
  // Plain messages: the pretty ones quote the line, which may hold a password.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const assignments: Assignment[] = [];
  const problems: Problem[] = [];

  const at = (offset: number): Origin => {
    const { line, col } = lines.linePos(offset);
    return { kind: 'file', file, line, column: col };
  };
  const originOf = (node: unknown): Origin => at((node as Node | null)?.range?.[0] ?? 0);

  const readSection = (section: Section, path: readonly string[], node: unknown): void => {
    const resolved = isAlias(node) ? node.resolve(document) : node;
    if (isScalar(resolved) && resolved.value === null) return; // every line of it is commented out
    if (!isMap(resolved)) {
      const message = `${isSeq(resolved) ? 'a list' : 'a value'} given, expected a mapping of settings`;
      problems.push({ path: path.join('.'), origin: originOf(node), message });
      return;
    }
    for (const pair of resolved.items) readPair(section, path, pair);
  };

  const readPair = (section: Section, path: readonly string[], { key, value }: Pair): void => {
    const name = String(isScalar(key) ? key.value : key);
    const childPath = [...path, name];
    const child = section.children.get(name);
    if (child === undefined) {
      const dotted = childPath.join('.');
      problems.push({ path: dotted, origin: originOf(key), message: unknownSetting(dotted) });
    } else if (isSection(child)) {
      if (value !== null) readSection(child, childPath, value);
    } else {
      readSetting(child, key, value);
    }
  };

  const readSetting = (setting: Setting, key: unknown, value: unknown): void => {
    const origin = originOf(key);
    const partOrigins = new Map<string, Origin>();
    locateParts(value, [], (path, node) => partOrigins.set(path, originOf(node)));
    try {
      const plain = value === null ? null : (value as Node).toJS(document);
      assignments.push({ setting, value: plain, origin, partOrigins });
    } catch (error) {
      // An alias without an anchor, or one that expands without end.
      problems.push({ path: setting.path, origin, message: (error as Error).message });
    }
  };

  if (document.errors.length > 0) {
    const broken = document.errors.map(({ pos, message }) => ({ path: '', origin: at(pos[0]), message }));
    return { assignments: [], problems: broken, isBroken: true };
  }
  if (document.contents !== null) readSection(configTree, [], document.contents);
  return { assignments, problems, isBroken: false };
}

/** Calls back with every part of a list or mapping: `0`, `0.address`, `0.labels.zone`. */
function locateParts(
  node: unknown,
  path: readonly string[],
  onPart: (path: string, node: unknown) => void,
): void {
  const parts: [string, unknown, unknown][] = isSeq(node)
    ? node.items.map((item, index) => [String(index), item, item])
    : isMap(node)
      ? node.items.map(({ key, value }) => [String(isScalar(key) ? key.value : key), key, value])
      : [];
  for (const [name, position, child] of parts) {
    onPart([...path, name].join('.'), position);
    locateParts(child, [...path, name], onPart);
  }
}
