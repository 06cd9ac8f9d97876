import { addressForms, parseAddress } from '../hostPort.ts';
import type { Endpoint } from '../scheduling/endpoint.ts';
import type { EndpointProblem } from './endpointProblems.ts';

/**
 * Reads endpoints as a person writes them, in the configuration or in an endpoints file:
 * `10.0.0.1:8000`, or `{ address, weight?, labels?, models?, slots? }`.
 * Nothing is resolved or probed here: a host name stays one until HostResolver asks DNS.
 */
export type EndpointPlace =
  | { readonly kind: 'ip'; readonly address: string }
  | { readonly kind: 'host'; readonly host: string; readonly port: number };

/** A configured endpoint: everything but, for a host name, the IP addresses behind it. */
export interface ParsedEndpoint {
  readonly place: EndpointPlace;
  readonly traits: Omit<Endpoint, 'address'>;
}

export interface ParsedEndpoints {
  readonly endpoints: readonly ParsedEndpoint[];
  /** Empty when all could be read. */
  readonly problems: readonly EndpointProblem[];
}

/** Reads a list; `path` is how problems call it. The same place twice is a problem. */
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

/** Reads one; adds to `problems` and answers undefined when it cannot. */
export function parseEndpoint(
  value: unknown,
  path: string,
  problems: EndpointProblem[],
): ParsedEndpoint | undefined {
  const text = typeof value === 'string';
  if (!text && !isRecord(value)) {
    problems.push({ path, value, expected: 'an address or a mapping with an address' });
    return undefined;
  }
  const {
    address,
    weight = 1,
    labels = {},
    models = [],
    slots,
    ...others
  } = text ? { address: value } : value;
  const problemsBefore = problems.length;
  const wrong = (key: string, found: unknown, expected: string) =>
    problems.push({ path: `${path}.${key}`, value: found, expected });

  const place = readPlace(address, text ? path : `${path}.address`, problems);
  if (!isWeight(weight)) wrong('weight', weight, 'a number above 0');
  if (!isTextMap(labels)) wrong('labels', labels, 'a mapping from text to text');
  if (!isTextList(models)) wrong('models', models, 'a list of model names');
  if (slots !== undefined && !isSlots(slots)) wrong('slots', slots, 'a whole number above 0');
  for (const [key, found] of Object.entries(others)) wrong(key, found, `no key but ${knownKeys}`);

  if (!place || problems.length > problemsBefore) return undefined;
  const traits = { weight, labels, models, ...(slots === undefined ? {} : { slots }) };
  return { place, traits: traits as ParsedEndpoint['traits'] };
}

function readPlace(address: unknown, path: string, problems: EndpointProblem[]): EndpointPlace | undefined {
  const expected = `an address like ${addressForms}`;
  if (typeof address !== 'string') {
    problems.push({ path, value: address, expected });
    return undefined;
  }
  const parsed = parseAddress(address);
  if (parsed.kind !== 'invalid') return parsed;
  problems.push({ path, value: address, expected: `${expected} (${parsed.why})` });
  return undefined;
}

const knownKeys = 'address, weight, labels, models, slots';

export function placeText(place: EndpointPlace): string {
  return place.kind === 'ip' ? place.address : `${place.host}:${place.port}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isWeight(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}

export function isSlots(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isTextMap(value: unknown): value is Record<string, string> {
  return isRecord(value) && Object.values(value).every((text) => typeof text === 'string');
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string' && text !== '');
}
