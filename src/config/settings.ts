import { z } from 'zod';
import { configSchema } from './schema.ts';

/**
 * The schema as a flat list and as a tree of sections: for environment variables, unknown keys,
 * tables, help. Everything here is derived from schema.ts.
 */
export interface Setting {
  /** Such as `drain.graceMs`. */
  readonly path: string;
  /** Such as `BATON_DRAIN_GRACE_MS`. */
  readonly environmentName: string;
  /** What a text of the environment or a flag is converted to. */
  readonly kind: 'text' | 'number' | 'flag' | 'list';
  readonly description: string;
  /** Undefined for settings that may be absent. */
  readonly defaultValue: unknown;
}

/** A part of the tree and the names in it. */
export interface Section {
  readonly children: ReadonlyMap<string, Section | Setting>;
}

export const configTree: Section = readSection(configSchema, []);

export const settings: readonly Setting[] = flatten(configTree);

export function isSection(node: Section | Setting): node is Section {
  return 'children' in node;
}

/** The node at a dotted path, if there is one. */
export function findNode(path: string): Section | Setting | undefined {
  let node: Section | Setting | undefined = configTree;
  for (const name of path.split('.')) {
    node = node !== undefined && isSection(node) ? node.children.get(name) : undefined;
  }
  return node;
}

function readSection(schema: z.ZodObject, path: readonly string[]): Section {
  const children = new Map<string, Section | Setting>();
  for (const [name, child] of Object.entries(schema.shape) as [string, z.ZodType][]) {
    const childPath = [...path, name];
    const bare = unwrap(child);
    children.set(
      name,
      bare instanceof z.ZodObject ? readSection(bare, childPath) : readSetting(child, childPath),
    );
  }
  return { children };
}

function readSetting(schema: z.ZodType, path: readonly string[]): Setting {
  return {
    path: path.join('.'),
    environmentName: `BATON_${path.map(upperSnake).join('_')}`,
    kind: kindOf(unwrap(schema)),
    description: schema.description ?? '',
    defaultValue: schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined,
  };
}

function unwrap(schema: z.ZodType): z.ZodType {
  const isWrapper =
    schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodExactOptional;
  return isWrapper ? unwrap(schema.def.innerType as z.ZodType) : schema;
}

function kindOf(schema: z.ZodType): Setting['kind'] {
  if (schema instanceof z.ZodArray) return 'list';
  if (schema instanceof z.ZodBoolean) return 'flag';
  return schema instanceof z.ZodNumber ? 'number' : 'text';
}

function flatten(section: Section): Setting[] {
  return [...section.children.values()].flatMap((node) => (isSection(node) ? flatten(node) : [node]));
}

function upperSnake(camelCase: string): string {
  return camelCase.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
}
