import { BatonError } from '../errors.ts';
import { hideUrlSecrets } from '../urlSecrets.ts';

/** What is wrong with the endpoints of a file or of the configuration. */
export interface EndpointProblem {
  /** `endpoints[3].weight` */
  readonly path: string;
  /** undefined: it is not shown, since it may be of any kind. */
  readonly value: unknown;
  /** Completes the sentence "expected …". */
  readonly expected: string;
}

/** @param place names the file or the setting that lists the endpoints */
export function invalidEndpoints(place: string, problems: readonly EndpointProblem[]): BatonError {
  return new BatonError('endpoints-invalid', `${place} cannot be used: ${formatEndpointProblems(problems)}`);
}

const shownProblems = 5;
const shownCharacters = 80;

export function formatEndpointProblems(problems: readonly EndpointProblem[]): string {
  const words = problems.slice(0, shownProblems).map(formatEndpointProblem);
  const more = problems.length - words.length;
  if (more > 0) words.push(`and ${more} more`);
  return words.join('; ');
}

function formatEndpointProblem({ path, value, expected }: EndpointProblem): string {
  const at = path === '' ? '' : `${path}: `;
  if (value === undefined) return `${at}expected ${expected}`;
  return `${at}expected ${expected}, not ${shown(value)}`;
}

/**
 * The value of a known key. What is in a list or a mapping is not shown: the file may be another
 * than the one that was meant.
 */
function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a mapping';
  if (typeof value !== 'string') return String(value);
  const text = JSON.stringify(hideUrlSecrets(value));
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
}
