import type { Endpoint } from '../scheduling/endpoint.ts';
import type { EndpointProblem } from './endpointProblems.ts';
import { parseEndpoint, placeText } from './parseEndpoint.ts';

/**
 * The flags of `baton register` as a registration. Only an IP address can be registered: a host
 * name may resolve differently, or not at all, where the instances run.
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
export type ParsedRegistration =
  | { readonly kind: 'registration'; readonly registration: Registration }
  | { readonly kind: 'problems'; readonly problems: readonly EndpointProblem[] };

export function parseRegistration(flags: RegisterFlags): ParsedRegistration {
  const problems: EndpointProblem[] = [];
  const labels = parseLabels(flags.label ?? [], problems);
  const health = parseHealthUrl(flags.health, problems);
  const entry = {
    address: flags.address,
    labels,
    models: flags.model ?? [],
    ...(flags.weight === undefined ? {} : { weight: numberOrText(flags.weight) }),
    ...(flags.slots === undefined ? {} : { slots: numberOrText(flags.slots) }),
  };
  const found: EndpointProblem[] = [];
  const parsed = parseEndpoint(entry, '', found);
  problems.push(...found.map((problem) => ({ ...problem, path: flagOf(problem.path) })));
  if (parsed !== undefined && parsed.place.kind !== 'ip') {
    const value = placeText(parsed.place);
    problems.push({
      path: '--address',
      value,
      expected: 'ip:port or [ipv6]:port, because every instance reads it',
    });
  }
  if (!parsed || problems.length > 0) return { kind: 'problems', problems };
  const endpoint = { address: placeText(parsed.place), ...parsed.traits };
  return { kind: 'registration', registration: { endpoint, health } };
}

const flagByKey: Readonly<Record<string, string>> = {
  address: '--address',
  weight: '--weight',
  labels: '--label',
  models: '--model',
  slots: '--slots',
};

/** @param path such as `.weight` or `.models[0]` */
function flagOf(path: string): string {
  return flagByKey[path.split(/[.[]/)[1] ?? ''] ?? path;
}

function parseLabels(texts: readonly string[], problems: EndpointProblem[]): Record<string, string> {
  const pairs = texts.map((text) => {
    const equals = text.indexOf('=');
    if (equals < 1) problems.push({ path: '--label', value: text, expected: 'key=value' });
    return [text.slice(0, equals), text.slice(equals + 1)];
  });
  return Object.fromEntries(pairs);
}

function parseHealthUrl(text: string | undefined, problems: EndpointProblem[]): URL | undefined {
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
