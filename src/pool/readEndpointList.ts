import { parseYaml, plainValue } from '../config/yamlDocument.ts';
import type { EndpointProblem } from './endpointProblems.ts';
import { type ParsedEndpoints, parseEndpoints } from './parseEndpoint.ts';

/**
 * Parses the text of an endpoints file: YAML (or JSON, its subset) with the one key `endpoints`.
 * `endpoints: []` is an intentionally empty pool; an empty file is broken, because editors and
 * copying programs leave one for a moment.
 */
export function readEndpointList(text: string): ParsedEndpoints {
  const parsed = parseYaml(text);
  if (parsed.kind === 'broken') {
    const [fault] = parsed.faults;
    const place = fault && `${fault.message} at line ${fault.line}, column ${fault.column}`;
    return broken({ path: '', value: undefined, expected: `YAML (${place})` });
  }
  const { document } = parsed;
  const plain = plainValue(document, document.contents);
  if (plain.kind === 'fault')
    return broken({ path: '', value: undefined, expected: `YAML (${plain.message})` });
  const root = plain.value;
  if (typeof root !== 'object' || root === null || Array.isArray(root) || !('endpoints' in root)) {
    return broken({ path: '', value: undefined, expected: 'a mapping with the key "endpoints"' });
  }
  const unknownKeys: EndpointProblem[] = Object.keys(root)
    .filter((key) => key !== 'endpoints')
    .map((key) => ({ path: key, value: undefined, expected: 'no key but "endpoints"' }));
  const list = parseEndpoints(root.endpoints);
  return { endpoints: list.endpoints, problems: [...unknownKeys, ...list.problems] };
}

function broken(problem: EndpointProblem): ParsedEndpoints {
  return { endpoints: [], problems: [problem] };
}
