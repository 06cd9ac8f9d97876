/** The best first. */
export const levels = [
  'good',
  /** Something happens that is meant to: an upgrade, a pinned generation. */
  'notice',
  /** Something is wrong, and clients do not notice it. */
  'warning',
  /** Clients notice it, or will as soon as one thing more fails. */
  'bad',
] as const;
export type Level = (typeof levels)[number];

export interface FleetProblem {
  readonly level: Exclude<Level, 'good'>;
  /** One sentence for people. */
  readonly text: string;
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
