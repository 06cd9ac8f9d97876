import type { Explanation } from './explanation.ts';

/** An explanation as the value of a header: what each filter left, the pick and why. */
export function explanationLine({
  policy,
  ready,
  filters,
  candidates,
  pick,
  why,
}: Pick<Explanation, 'policy' | 'ready' | 'filters' | 'candidates' | 'pick' | 'why'>): string {
  const left = filters.map(({ filter, left: count }) => `${filter}=${count}`).join(',');
  return `policy=${policy}; ready=${ready}; filters=${left}; candidates=${candidates}; pick=${pick}; why=${why}`;
}
