import type { AliasTable } from '../../scheduling/modelAliases.ts';
import { fieldAt } from './objects.ts';

/**
 * What Baton reads of InferenceModelRewrites, pure: which models of a pool stand for others, in
 * which shares. A rule for every model has no name that it could stand for, so it is left out.
 */
export interface ModelRewrite {
  readonly pool: string;
  readonly createdAt: string;
  /** In the order of the rules: the first of a model counts. */
  readonly aliases: readonly { readonly model: string; readonly weights: Readonly<Record<string, number>> }[];
  /** Rules that are left out. */
  readonly skipped: number;
}

const mostWeight = 1_000_000;

/** Undefined: it names no pool. */
export function readModelRewrite(object: unknown): ModelRewrite | undefined {
  const pool = fieldAt(object, 'spec', 'poolRef', 'name');
  if (typeof pool !== 'string') return undefined;
  const rules = list(fieldAt(object, 'spec', 'rules'));
  const read = rules.map(readRule);
  return {
    pool,
    createdAt: String(fieldAt(object, 'metadata', 'creationTimestamp') ?? ''),
    aliases: read.flat(),
    skipped: read.filter((aliases) => aliases.length === 0).length,
  };
}

/** The aliases of a pool; of two for one model that of the older object counts. */
export function aliasesOfRewrites(
  rewrites: ReadonlyMap<string, ModelRewrite>,
  pool: string,
): { readonly table: AliasTable; readonly skipped: number } {
  const own = [...rewrites].filter(([, rewrite]) => rewrite.pool === pool).sort(byAge);
  // No name of a model is a name of an object's own properties.
  const table: Record<string, Readonly<Record<string, number>>> = Object.create(null);
  for (const [, { aliases }] of own) {
    for (const { model, weights } of aliases) table[model] ??= weights;
  }
  return { table, skipped: own.reduce((sum, [, { skipped }]) => sum + skipped, 0) };
}

function readRule(rule: unknown): ModelRewrite['aliases'] {
  const weights: Record<string, number> = Object.create(null);
  for (const target of list(fieldAt(rule, 'targets'))) {
    const model = fieldAt(target, 'modelRewrite');
    const weight = fieldAt(target, 'weight') ?? 1;
    if (typeof model !== 'string' || model === '') return [];
    if (typeof weight !== 'number' || !(weight > 0 && weight <= mostWeight)) return [];
    weights[model] = (weights[model] ?? 0) + weight;
  }
  if (Object.keys(weights).length === 0) return [];
  return list(fieldAt(rule, 'matches')).flatMap((match) => {
    const model = fieldAt(match, 'model', 'value');
    const type = fieldAt(match, 'model', 'type') ?? 'Exact';
    return typeof model === 'string' && model !== '' && type === 'Exact' ? [{ model, weights }] : [];
  });
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

type Entry = readonly [key: string, rewrite: ModelRewrite];

function byAge([leftKey, left]: Entry, [rightKey, right]: Entry): number {
  if (left.createdAt !== right.createdAt) return left.createdAt < right.createdAt ? -1 : 1;
  return leftKey < rightKey ? -1 : 1;
}
