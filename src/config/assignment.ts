import { nearest } from '../nearest.ts';
import type { Origin, Problem } from './problem.ts';
import { Provenance } from './provenance.ts';
import { configTree, findNode, isSection, type Section, type Setting, settings } from './settings.ts';

/** One value for one setting from one source, not validated yet. */
export interface Assignment {
  readonly setting: Setting;
  readonly value: unknown;
  readonly origin: Origin;
  /** The origins of the parts of a list or mapping, by path below the setting (`2.address`). */
  readonly partOrigins?: ReadonlyMap<string, Origin>;
}

/** The values of one source, and its problems. */
export interface SourceValues {
  readonly assignments: readonly Assignment[];
  readonly problems: readonly Problem[];
}

/** Builds the tree that the schema validates; a later assignment replaces an earlier one. */
export function merge(assignments: readonly Assignment[]): { tree: object; provenance: Provenance } {
  const tree: Record<string, unknown> = {};
  const provenance = new Provenance();
  for (const { setting, value, origin, partOrigins } of assignments) {
    const names = setting.path.split('.');
    const last = names.pop() ?? '';
    let node = tree;
    for (const name of names) {
      node[name] ??= {};
      node = node[name] as Record<string, unknown>;
    }
    node[last] = value;
    provenance.set(setting.path, origin, partOrigins);
  }
  return { tree, provenance };
}

/**
 * Converts a text of the environment or a flag to the setting's kind; what cannot be converted
 * stays text.
 */
export function fromText({ kind }: Setting, text: string): unknown {
  switch (kind) {
    case 'text':
      return text;
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
    case 'flag':
      return text === 'true' || text === 'false' ? text === 'true' : text;
    case 'list':
      return text.trim() === '' ? [] : text.split(',').map((item) => item.trim());
    default:
      return kind satisfies never;
  }
}

/** The setting of a dotted path, or the problem with the path. */
export function findSetting(path: string): Setting | { readonly problem: string } {
  const node = findNode(path);
  if (node === undefined) return { problem: unknownSetting(path) };
  if (isSection(node)) return { problem: `a group of settings; name one of ${childPaths(path, node)}` };
  return node;
}

/** The message for an unknown setting, with the one that was probably meant. */
export function unknownSetting(path: string): string {
  const parts = path.split('.');
  const name = parts.at(-1) ?? '';
  const parent = parts.length > 1 ? findNode(parts.slice(0, -1).join('.')) : configTree;
  const sibling =
    parent !== undefined && isSection(parent) ? nearest(name, parent.children.keys()) : undefined;
  const siblingPath = sibling && [...parts.slice(0, -1), sibling].join('.');
  const meant = siblingPath ?? settings.find((setting) => setting.path.endsWith(`.${name}`))?.path;
  const suggestion =
    meant ??
    nearest(
      path,
      settings.map((setting) => setting.path),
    );
  return suggestion === undefined ? 'unknown setting' : `unknown setting; did you mean ${suggestion}?`;
}

function childPaths(path: string, section: Section): string {
  return [...section.children.keys()].map((name) => `${path}.${name}`).join(', ');
}
