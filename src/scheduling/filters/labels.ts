import type { Endpoint } from '../endpoint.ts';
import type { Candidates, Filter } from '../filter.ts';

/** One part of a selector: `key=value`, `key==value`, `key!=value`. */
interface Requirement {
  readonly key: string;
  readonly value: string;
  readonly isEqual: boolean;
}

const requirement = /^([^\s=!,]+)\s*(=|==|!=)\s*([^\s=!,]*)$/;

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
    requirements.every(({ key, value, isEqual }) => (labels[key] === value) === isEqual);
  const meeting = endpoints.filter(meets);
  return meeting.length > 0 ? meeting : { kind: 'no-endpoint-with-labels', given: selector };
}

/** undefined: the text is no selector. */
function parse(selector: string): readonly Requirement[] | undefined {
  const requirements: Requirement[] = [];
  for (const part of selector.split(',')) {
    const [, key, operator, value] = requirement.exec(part.trim()) ?? [];
    if (key === undefined || value === undefined) return undefined;
    requirements.push({ key, value, isEqual: operator !== '!=' });
  }
  return requirements;
}
