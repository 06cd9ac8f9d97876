import type { Endpoint } from '../endpoint.ts';
import type { Candidates, Filter } from '../filter.ts';

/**
 * One part of a selector: `key=value`, `key==value`, `key!=value`, `key in (a, b)`,
 * `key notin (a, b)`.
 */
interface Requirement {
  readonly key: string;
  readonly values: readonly (string | undefined)[];
  readonly isEqual: boolean;
}

const comparison = /^([^\s=!,()]+)\s*(=|==|!=)\s*([^\s=!,()]*)$/;
const membership = /^([^\s=!,()]+)\s+(in|notin)\s*\(([^()]*)\)$/;
/** Commas between parts, not those within brackets. */
const separator = /,(?![^()]*\))/;

export const labelsFilter: Filter = {
  name: 'labels',
  summary: 'leaves the endpoints whose labels meet the selector of the request (`scheduling.labelHeader`)',
  apply({ labels }, endpoints) {
    return labels === undefined ? endpoints : withLabels(labels, endpoints);
  },
};

/** The endpoints whose labels meet the whole selector: `key=value,key2!=value2`. */
function withLabels(selector: string, endpoints: readonly Endpoint[]): Candidates {
  const requirements = parse(selector);
  if (requirements === undefined) return { kind: 'invalid-labels', given: selector };
  const meets = ({ labels }: Endpoint): boolean =>
    requirements.every(({ key, values, isEqual }) => values.includes(labels[key]) === isEqual);
  const meeting = endpoints.filter(meets);
  return meeting.length > 0 ? meeting : { kind: 'no-endpoint-with-labels', given: selector };
}

/** undefined: the text is no selector. */
function parse(selector: string): readonly Requirement[] | undefined {
  const requirements: Requirement[] = [];
  for (const part of selector.split(separator)) {
    const [, key, operator, text] = comparison.exec(part.trim()) ?? membership.exec(part.trim()) ?? [];
    if (key === undefined || text === undefined) return undefined;
    const values = text.split(',').map((value) => value.trim());
    requirements.push({ key, values, isEqual: operator !== '!=' && operator !== 'notin' });
  }
  return requirements;
}
