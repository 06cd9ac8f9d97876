import { hasControlCharacters } from '../../controlCharacters.ts';

/** What an operator may have an instance do: as `baton upgrade`, `baton dynamic`, and a drain. */
export type OperatorAction =
  | { readonly kind: 'upgrade/pin'; readonly generation: number }
  | { readonly kind: 'upgrade/rollback' }
  | { readonly kind: 'upgrade/release' }
  | { readonly kind: 'dynamic/set'; readonly settings: ReadonlyMap<string, string> }
  | { readonly kind: 'dynamic/unset'; readonly names: readonly string[] }
  | { readonly kind: 'dynamic/clear' }
  | { readonly kind: 'drain' };

/** What is to be done, who wants it, and why. */
export interface OperatorRequest {
  readonly action: OperatorAction;
  /** The name that the operator gave: who has the token may give any. */
  readonly operator: string;
  readonly reason: string;
  readonly remoteAddress: string;
}

type Kind = OperatorAction['kind'];
type Read<Value> = Value | { readonly problem: string };

/** With the name it is a text of a record, which has its limit. */
const longestOperator = 64;
const longestReason = 900;

const readers: Readonly<Record<Kind, (parameters: URLSearchParams) => Read<OperatorAction>>> = {
  'upgrade/pin': (parameters) => {
    const text = parameters.get('generation') ?? '';
    if (!/^\d{1,15}$/.test(text)) return { problem: 'generation is no whole number' };
    return { kind: 'upgrade/pin', generation: Number(text) };
  },
  'upgrade/rollback': () => ({ kind: 'upgrade/rollback' }),
  'upgrade/release': () => ({ kind: 'upgrade/release' }),
  'dynamic/set': (parameters) => {
    const pairs = parameters.getAll('setting').map((pair) => /^([^=]+)=(.*)$/s.exec(pair));
    const settings = pairs.flatMap((pair) =>
      pair === null ? [] : [[pair[1] ?? '', pair[2] ?? ''] as const],
    );
    if (settings.length === 0 || settings.length < pairs.length)
      return { problem: 'setting is no NAME=VALUE, such as scheduling.policy=random' };
    return { kind: 'dynamic/set', settings: new Map(settings) };
  },
  'dynamic/unset': (parameters) => {
    const names = parameters.getAll('setting');
    return names.length === 0 ? { problem: 'no setting is named' } : { kind: 'dynamic/unset', names };
  },
  'dynamic/clear': () => ({ kind: 'dynamic/clear' }),
  drain: () => ({ kind: 'drain' }),
};

export const operatorActionKinds = Object.keys(readers) as readonly Kind[];

/** Who and why must be said. */
export function readOperatorRequest(
  kind: Kind,
  parameters: URLSearchParams,
  remoteAddress: string,
): Read<OperatorRequest> {
  const action = readers[kind](parameters);
  if ('problem' in action) return action;
  const operator = readText(parameters, 'operator', longestOperator);
  if (typeof operator !== 'string') return operator;
  const reason = readText(parameters, 'reason', longestReason);
  if (typeof reason !== 'string') return reason;
  return { action, operator, reason, remoteAddress };
}

function readText(parameters: URLSearchParams, name: string, longest: number): Read<string> {
  const text = parameters.get(name)?.trim() ?? '';
  if (text === '') return { problem: `${name} is missing: who asks for it, and why, is required` };
  if (text.length > longest) return { problem: `${name} has more than ${longest} characters` };
  if (hasControlCharacters(text)) return { problem: `${name} has control characters` };
  return text;
}
