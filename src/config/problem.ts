import { BatonError } from '../errors.ts';

/** Where a value came from. */
export type Origin =
  | { readonly kind: 'default' }
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'flag'; readonly name: string }
  | { readonly kind: 'dynamic' };

/** What is wrong with a value, or with a source of values. */
export interface Problem {
  /** The setting, such as `drain.graceMs`; empty when the source itself is at fault. */
  readonly path: string;
  readonly origin: Origin;
  /** What was given and what is expected. Never holds a secret. */
  readonly message: string;
}

export function formatOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'default':
      return 'default';
    case 'file':
      return `${origin.file}:${origin.line}:${origin.column}`;
    case 'environment':
    case 'flag':
      return origin.name;
    case 'dynamic':
      return 'dynamic configuration';
    default:
      return origin satisfies never;
  }
}

/** One line, such as `baton.yaml:3:12: drain.graceMs: "5s" given, expected …`. */
export function formatProblem({ path, origin, message }: Problem): string {
  const where = origin.kind === 'default' ? [] : [formatOrigin(origin)];
  return [...where, ...(path === '' ? [] : [path]), message].join(': ');
}

export function invalidConfig(problems: readonly Problem[]): BatonError {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new BatonError('config-invalid', `${count} in the configuration`, {
    details: problems.map(formatProblem),
  });
}
