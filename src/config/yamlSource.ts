import { isAlias, isMap, isScalar, isSeq, type Pair } from 'yaml';
import { type Assignment, type SourceValues, unknownSetting } from './assignment.ts';
import type { Origin, Problem } from './problem.ts';
import { configTree, isSection, type Section, type Setting } from './settings.ts';
import { parseYaml, plainValue } from './yamlDocument.ts';

/**
 * The settings of a YAML text, each with its line and column. It checks which keys there are; the
 * schema validates the values.
 */
export function readYaml(file: string, text: string): SourceValues & { readonly isBroken: boolean } {
  const parsed = parseYaml(text);
  if (parsed.kind === 'broken') {
    const broken = parsed.faults.map(({ message, ...position }) => ({
      path: '',
      origin: { kind: 'file', file, ...position } as const,
      message,
    }));
    return { assignments: [], problems: broken, isBroken: true };
  }
  const { document, positionOf } = parsed;
  const assignments: Assignment[] = [];
  const problems: Problem[] = [];

  const originOf = (node: unknown): Origin => ({ kind: 'file', file, ...positionOf(node) });

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
    const name = nameOf(key);
    const childPath = [...path, name];
    const child = section.children.get(name);
    if (name === mergeKey) {
      const message = 'a merge key is read only within an endpoint: write these settings out';
      problems.push({ path: childPath.join('.'), origin: originOf(key), message });
    } else if (child === undefined) {
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
    const plain = plainValue(document, value);
    if (plain.kind === 'value') assignments.push({ setting, value: plain.value, origin, partOrigins });
    else problems.push({ path: setting.path, origin, message: plain.message });
  };

  if (document.contents !== null) readSection(configTree, [], document.contents);
  return { assignments, problems, isBroken: false };
}

const mergeKey = '<<';

function nameOf(key: unknown): string {
  const value = isScalar(key) ? key.value : key;
  // The parser has a symbol for it.
  return typeof value === 'symbol' ? mergeKey : String(value);
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
      ? node.items.map(({ key, value }) => [nameOf(key), key, value])
      : [];
  for (const [name, position, child] of parts) {
    onPart([...path, name].join('.'), position);
    locateParts(child, [...path, name], onPart);
  }
}
