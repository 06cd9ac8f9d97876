import { BatonError } from '../errors.ts';

/** What is wrong with the endpoints of a file or of the configuration. */
export interface EndpointProblem {
  /** `endpoints[3].weight` */
  readonly path: string;
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
  // JSON has no NaN and no Infinity.
  const shown = typeof value === 'number' ? String(value) : String(JSON.stringify(value));
  const short = shown.length > shownCharacters ? `${shown.slice(0, shownCharacters)}…` : shown;
  return `${at}expected ${expected}, not ${short}`;
}
