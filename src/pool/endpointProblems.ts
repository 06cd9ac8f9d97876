/**
 * What is wrong with configured endpoints, in the shape all configuration problems have, and the error that
 * ends a start because of them.
 */
export interface EndpointProblem {
  /** `endpoints[3].weight` */
  readonly path: string;
  readonly value: unknown;
  /** Completes the sentence "expected …". */
  readonly expected: string;
}

/** The endpoints of a place cannot be used, for the reasons listed in `problems` and in the message. */
export class EndpointProblemsError extends Error {
  readonly problems: readonly EndpointProblem[];

  constructor(place: string, problems: readonly EndpointProblem[]) {
    super(`${place} cannot be used: ${problemsInWords(problems)}`);
    this.name = 'EndpointProblemsError';
    this.problems = problems;
  }
}

const shownProblems = 5;
const shownCharacters = 80;

export function problemsInWords(problems: readonly EndpointProblem[]): string {
  const words = problems.slice(0, shownProblems).map(inWords);
  const more = problems.length - words.length;
  if (more > 0) words.push(`and ${more} more`);
  return words.join('; ');
}

function inWords({ path, value, expected }: EndpointProblem): string {
  const at = path === '' ? '' : `${path}: `;
  if (value === undefined) return `${at}expected ${expected}`;
  const shown = String(JSON.stringify(value));
  const short = shown.length > shownCharacters ? `${shown.slice(0, shownCharacters)}…` : shown;
  return `${at}expected ${expected}, not ${short}`;
}
