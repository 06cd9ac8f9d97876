import type { Endpoint } from '../scheduling/endpoint.ts';
import type { EndpointProblem } from './endpointProblems.ts';
import { parseEndpoint, placeText } from './parseEndpoint.ts';

/**
 * What `baton register` is told about its pod, read from the flags. Only an IP address can be registered: a
 * host name may mean something else, or nothing, where the instances run.
 */
export interface RegisterFlags {
  readonly address: string;
  readonly weight?: string | undefined;
  /** Each `key=value`. */
  readonly label?: readonly string[] | undefined;
  readonly model?: readonly string[] | undefined;
  readonly slots?: string | undefined;
  /** `http://127.0.0.1:8000/health`: registered only while this answers 2xx. */
  readonly health?: string | undefined;
}

export interface Registration {
  readonly endpoint: Endpoint;
  readonly health: URL | undefined;
}

/** All problems at once; their paths are the flags. */
export type ReadRegistration =
  | { readonly kind: 'registration'; readonly registration: Registration }
  | { readonly kind: 'problems'; readonly problems: readonly EndpointProblem[] };

export function readRegistration(flags: RegisterFlags): ReadRegistration {
  const problems: EndpointProblem[] = [];
  const labels = readLabels(flags.label ?? [], problems);
  const health = readHealthUrl(flags.health, problems);
  const entry = {
    address: flags.address,
    labels,
    models: flags.model ?? [],
    ...(flags.weight === undefined ? {} : { weight: numberOrText(flags.weight) }),
    ...(flags.slots === undefined ? {} : { slots: numberOrText(flags.slots) }),
  };
  const found: EndpointProblem[] = [];
  const described = parseEndpoint(entry, '', found);
  problems.push(...found.map((problem) => ({ ...problem, path: flagOf[problem.path] ?? problem.path })));
  if (described?.place.kind === 'host') {
    const value = placeText(described.place);
    problems.push({
      path: '--address',
      value,
      expected: 'ip:port or [ipv6]:port, because every instance reads it',
    });
  }
  if (!described || problems.length > 0) return { kind: 'problems', problems };
  const endpoint = { address: placeText(described.place), ...described.traits };
  return { kind: 'registration', registration: { endpoint, health } };
}

const flagOf: Readonly<Record<string, string>> = {
  '.address': '--address',
  '.weight': '--weight',
  '.labels': '--label',
  '.models': '--model',
  '.slots': '--slots',
};

function readLabels(texts: readonly string[], problems: EndpointProblem[]): Record<string, string> {
  const pairs = texts.map((text) => {
    const equals = text.indexOf('=');
    if (equals < 1) problems.push({ path: '--label', value: text, expected: 'key=value' });
    return [text.slice(0, equals), text.slice(equals + 1)];
  });
  return Object.fromEntries(pairs);
}

function readHealthUrl(text: string | undefined, problems: EndpointProblem[]): URL | undefined {
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  if (url?.protocol === 'http:') return url;
  problems.push({ path: '--health', value: text, expected: 'a URL like http://127.0.0.1:8000/health' });
  return undefined;
}

/** Text that is no number stays itself, for the problem to show. */
function numberOrText(text: string): number | string {
  const number = Number(text);
  return text.trim() === '' || Number.isNaN(number) ? text : number;
}
