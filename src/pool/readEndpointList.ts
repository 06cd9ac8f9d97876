import { parseDocument } from 'yaml';
import type { EndpointProblem } from './endpointProblems.ts';
import { type ParsedEndpoints, parseEndpoints } from './parseEndpoint.ts';

/**
 * Parses the text of an endpoints file: YAML (or JSON, its subset) with the one key `endpoints`.
 * `endpoints: []` is an intentionally empty pool; an empty file is broken, because editors and
 * copying programs leave one for a moment.
 */
export function readEndpointList(text: string): ParsedEndpoints {
  const document = parseDocument(text);
  const fault = document.errors[0];
  if (fault) return broken({ path: '', value: undefined, expected: `YAML (${firstLine(fault.message)})` });
  const root: unknown = document.toJS({ maxAliasCount: 100 });
  if (typeof root !== 'object' || root === null || Array.isArray(root) || !('endpoints' in root)) {
    return broken({ path: '', value: root ?? undefined, expected: 'a mapping with the key "endpoints"' });
  }
  const unknownKeys: EndpointProblem[] = Object.entries(root)
    .filter(([key]) => key !== 'endpoints')
    .map(([key, value]) => ({ path: key, value, expected: 'no key but "endpoints"' }));
  const list = parseEndpoints(root.endpoints);
  return { endpoints: list.endpoints, problems: [...unknownKeys, ...list.problems] };
}

function broken(problem: EndpointProblem): ParsedEndpoints {
  return { endpoints: [], problems: [problem] };
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.replace(/:$/, '') ?? text;
}
