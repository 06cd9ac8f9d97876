import type { z } from 'zod';
import { nearest } from '../nearest.ts';
import { crossField } from './crossFieldRules.ts';
import { endpointKeys, invalidAddress } from './endpointSchema.ts';
import { isMapping } from './mapping.ts';
import { poolEntry } from './poolsSetting.ts';
import type { Problem } from './problem.ts';
import type { Provenance } from './provenance.ts';
import { redact } from './redact.ts';
import { valueAt } from './valueAt.ts';

/** Formats the issues of the schema as problems for people. */
type Issue = z.core.$ZodIssue;

export function isCrossField(issue: Issue): boolean {
  return issue.code === 'custom' && issue.params === crossField;
}

export function formatIssue(issue: Issue, tree: unknown, provenance: Provenance): Problem[] {
  const path = issue.path.join('.');
  const problem = (message: string, at = path): Problem => ({ path: at, origin: provenance.of(at), message });
  if (issue.code === 'invalid_union') {
    // A mapping gets the issues of a mapping, anything else the list of the forms.
    const mapping = isMapping(valueAt(tree, issue.path)) ? issue.errors.at(-1) : undefined;
    const branch = mapping ?? [{ code: 'custom', path: [], message: issue.message } as const];
    return branch.flatMap((inner) =>
      formatIssue({ ...inner, path: [...issue.path, ...inner.path] }, tree, provenance),
    );
  }
  if (issue.code === 'unrecognized_keys') {
    // Of an endpoint or a pool: yamlSource finds the unknown keys of sections.
    const known = issue.path.includes('endpoints') ? endpointKeys : Object.keys(poolEntry.shape);
    return issue.keys.map((key) => {
      const meant = nearest(key, known);
      return problem(meant ? `unknown key; did you mean ${meant}?` : 'unknown key', `${path}.${key}`);
    });
  }
  if (isCrossField(issue) || invalidAddress(issue) !== undefined) return [problem(issue.message)];
  return [problem(`${show(path, valueAt(tree, issue.path))} given, expected ${issue.message}`)];
}

function show(path: string, value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (isMapping(value)) return 'a mapping';
  return JSON.stringify(redact(path, value));
}
