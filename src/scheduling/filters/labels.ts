import type { Rejection } from '../decision.ts';
import type { Endpoint } from '../endpoint.ts';

/** One part of a selector: `key=value`, `key==value`, `key!=value`. */
interface Requirement {
  readonly key: string;
  readonly value: string;
  readonly isEqual: boolean;
}

const requirement = /^([^\s=!,]+)\s*(=|==|!=)\s*([^\s=!,]*)$/;

/** The endpoints whose labels meet the whole selector: `key=value,key2!=value2`. */
export function withLabels(
  selector: string | undefined,
  endpoints: readonly Endpoint[],
): readonly Endpoint[] | Rejection {
  if (selector === undefined) return endpoints;
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
