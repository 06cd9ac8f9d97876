import type { z } from 'zod';
import { endpointKeys, endpointMapping, invalidAddress } from '../config/endpointSchema.ts';
import { isSrvName } from '../config/srvName.ts';
import { addressForms, parseAddress } from '../hostPort.ts';
import type { Endpoint } from '../scheduling/endpoint.ts';
import type { EndpointProblem } from './endpointProblems.ts';

/**
 * Parses endpoints as a person writes them: `10.0.0.1:8000`, or `{ address, weight?, labels?,
 * models?, slots? }`. The schema of the configuration decides; this gives its issues a path and
 * keeps the host names apart, which HostResolver resolves.
 */
export type EndpointPlace =
  | { readonly kind: 'ip'; readonly address: string }
  | { readonly kind: 'host'; readonly host: string; readonly port: number }
  /** The name of SRV records, which have the hosts and their ports. */
  | { readonly kind: 'srv'; readonly name: string };

/** A configured endpoint; a host name is not resolved yet. */
export interface ParsedEndpoint {
  readonly place: EndpointPlace;
  readonly traits: Omit<Endpoint, 'address'>;
}

export interface ParsedEndpoints {
  readonly endpoints: readonly ParsedEndpoint[];
  /** Empty when all are valid. */
  readonly problems: readonly EndpointProblem[];
}

/** Parses a list; `path` is its name in problems. The same address twice is a problem. */
export function parseEndpoints(list: unknown, path = 'endpoints'): ParsedEndpoints {
  if (!Array.isArray(list)) return { endpoints: [], problems: [{ path, value: list, expected: 'a list' }] };
  const endpoints: ParsedEndpoint[] = [];
  const problems: EndpointProblem[] = [];
  const pathOfPlace = new Map<string, string>();
  for (const [index, value] of list.entries()) {
    const entryPath = `${path}[${index}]`;
    const endpoint = parseEndpoint(value, entryPath, problems);
    if (!endpoint) continue;
    const place = placeText(endpoint.place);
    const earlier = pathOfPlace.get(place);
    if (earlier === undefined) {
      pathOfPlace.set(place, entryPath);
      endpoints.push(endpoint);
    } else {
      problems.push({ path: entryPath, value: place, expected: `an address that ${earlier} does not name` });
    }
  }
  return { endpoints, problems };
}

/** Parses one; adds to `problems` and returns undefined when it is invalid. */
export function parseEndpoint(
  value: unknown,
  path: string,
  problems: EndpointProblem[],
): ParsedEndpoint | undefined {
  const isAddress = typeof value === 'string';
  const mapping = isAddress ? { address: value } : value;
  const parsed = endpointMapping.safeParse(mapping);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      problems.push(...problemsOf(issue, mapping, (keys) => (isAddress ? path : path + pathText(keys))));
    }
    return undefined;
  }
  const { address, ...traits } = parsed.data;
  if (isSrvName(address)) return { place: { kind: 'srv', name: address }, traits };
  const place = parseAddress(address);
  return place.kind === 'invalid' ? undefined : { place, traits };
}

type Issue = z.core.$ZodIssue;
type Keys = readonly PropertyKey[];

function problemsOf(issue: Issue, mapping: unknown, at: (keys: Keys) => string): EndpointProblem[] {
  const problem = (keys: Keys, expected: string) => ({
    path: at(keys),
    value: valueAt(mapping, keys),
    expected,
  });
  if (issue.code === 'unrecognized_keys') {
    const expected = `no key but ${endpointKeys.join(', ')}`;
    return issue.keys.map((key) => ({ path: at([...issue.path, key]), value: undefined, expected }));
  }
  const invalid = invalidAddress(issue);
  if (invalid === undefined) return [problem(issue.path, issue.message)];
  return [problem(issue.path, `an address like ${addressForms} (${invalid.why})`)];
}

function pathText(keys: Keys): string {
  return keys.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
}

function valueAt(value: unknown, keys: Keys): unknown {
  return keys.reduce<unknown>(
    (node, key) => (node as Record<PropertyKey, unknown> | null | undefined)?.[key],
    value,
  );
}

export function placeText(place: EndpointPlace): string {
  switch (place.kind) {
    case 'ip':
      return place.address;
    case 'host':
      return `${place.host}:${place.port}`;
    case 'srv':
      return place.name;
  }
}
