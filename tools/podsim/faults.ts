import type { PodClock } from './clock.ts';

/**
 * The faults of a pod, how they are requested, and the one in effect. server.ts and
 * completionResponse.ts carry them out.
 *
 * For the whole pod, as JSON to `POST /podsim/fault`:
 *   {"kind":"none"}                  ends the fault
 *   {"kind":"refuse","forMs":2000}   resets connections and refuses new ones; forMs is required,
 *                                    because a pod that refuses connections cannot be reset
 *   {"kind":"hang"}                  accepts requests and never answers
 *   {"kind":"error","status":429}    answers with this status (default 500)
 *   {"kind":"close"}                 closes the connection when a request arrives
 *   {"kind":"empty"}                 answers 200 without content
 *   {"kind":"error-event"}           answers 200 with one event that reports an error
 *   {"kind":"cut-at-once"}           closes the connection after the headers of the response
 *   {"kind":"cut","afterTokens":3}   destroys the connection after this many tokens (default 1), or
 *                                    before the end mark of a shorter response
 *   {"kind":"unhealthy"}             only /health fails, with 503
 * {"kind":"late-health","afterMs":800} only /health is late: it answers after this time `forMs`
 * ends any of them. `"health":false` with hang, error and cut makes /health fail too: it hangs with
 * hang, and answers 503 with the others.
 *
 * For one request, its header x-podsim-fault: `none`, `refuse`, `hang`, `error`, `close`, `empty`,
 * `error-event`, `cut-at-once`, `cut`, `cut;afterTokens=3`. It takes precedence over the fault of
 * the pod.
 */
export type RequestFault =
  | { readonly kind: 'none' }
  | { readonly kind: 'refuse' }
  | { readonly kind: 'hang' }
  | { readonly kind: 'error'; readonly status: number }
  | { readonly kind: 'close' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'error-event' }
  | { readonly kind: 'cut-at-once' }
  | { readonly kind: 'cut'; readonly afterTokens: number };

export interface PodFault {
  readonly kind: RequestFault['kind'] | 'unhealthy' | 'late-health';
  readonly requests: RequestFault;
  readonly healthFails: boolean;
  /** /health answers after so long. */
  readonly healthAfterMs: number;
  readonly forMs: number | undefined;
}

export type ParsedFault<Fault> =
  | { readonly kind: 'fault'; readonly fault: Fault }
  | { readonly kind: 'invalid'; readonly problem: string };

const noFault: PodFault = {
  kind: 'none',
  requests: { kind: 'none' },
  healthFails: false,
  healthAfterMs: 0,
  forMs: undefined,
};
const kinds = [
  'none',
  'refuse',
  'hang',
  'error',
  'close',
  'empty',
  'error-event',
  'cut-at-once',
  'cut',
  'unhealthy',
  'late-health',
] as const;
/** Beside `kind` and `forMs`. */
const fieldsOf: Readonly<Record<PodFault['kind'], readonly string[]>> = {
  none: [],
  refuse: [],
  hang: ['health'],
  error: ['health', 'status'],
  close: [],
  empty: [],
  'error-event': [],
  'cut-at-once': [],
  cut: ['health', 'afterTokens'],
  unhealthy: [],
  'late-health': ['afterMs'],
};
const maxForMs = 3_600_000;
const maxTokens = 1_000_000;
const defaultStatus = 500;

export function parsePodFault(given: unknown): ParsedFault<PodFault> {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return invalid('the fault', given, 'a JSON object like {"kind":"error"}');
  const fields = given as Readonly<Record<string, unknown>>;
  const { kind, forMs, health = true, afterTokens = 1, status = defaultStatus, afterMs } = fields;
  if (!isKind(kind)) return invalid('kind', kind, kinds.join(', '));
  const known = ['kind', 'forMs', ...fieldsOf[kind]];
  const misplaced = Object.keys(fields).find((field) => !known.includes(field));
  if (misplaced !== undefined) return invalid(misplaced, fields[misplaced], `not to be there with ${kind}`);
  const isTimed = forMs !== undefined || kind === 'refuse';
  if (isTimed && !isWhole(forMs, maxForMs))
    return invalid('forMs', forMs, `a whole number from 1 to ${maxForMs}`);
  if (typeof health !== 'boolean') return invalid('health', health, 'true or false');
  if (!isWhole(afterTokens, maxTokens))
    return invalid('afterTokens', afterTokens, `a whole number from 1 to ${maxTokens}`);
  if (!isWhole(status, 599) || status < 400)
    return invalid('status', status, 'a whole number from 400 to 599');

  if (kind === 'late-health' && !isWhole(afterMs, maxForMs))
    return invalid('afterMs', afterMs, `a whole number from 1 to ${maxForMs}`);
  const onlyHealth = kind === 'unhealthy' || kind === 'late-health';

  const fault: PodFault = {
    kind,
    requests: onlyHealth ? { kind: 'none' } : requestFault(kind, afterTokens, status),
    healthFails: kind === 'unhealthy' || !health,
    healthAfterMs: kind === 'late-health' ? Number(afterMs) : 0,
    forMs: isTimed ? forMs : undefined,
  };
  return { kind: 'fault', fault };
}

function requestFault(kind: RequestFault['kind'], afterTokens: number, status: number): RequestFault {
  if (kind === 'cut') return { kind, afterTokens };
  return kind === 'error' ? { kind, status } : { kind };
}

const headerForm =
  /^(none|refuse|hang|error|close|empty|error-event|cut-at-once|cut)(?:;\s*afterTokens=([1-9]\d{0,5}))?$/;

const requestForms =
  'none, refuse, hang, error, close, empty, error-event, cut-at-once, cut or cut;afterTokens=3';

export function parseRequestFault(header: string): ParsedFault<RequestFault> {
  const [, kind, afterTokens] = headerForm.exec(header.trim()) ?? [];
  if (kind === undefined || (afterTokens !== undefined && kind !== 'cut'))
    return invalid('x-podsim-fault', header, requestForms);
  const fault = requestFault(kind as RequestFault['kind'], Number(afterTokens ?? 1), defaultStatus);
  return { kind: 'fault', fault };
}

/** The fault of the pod in effect, until it is replaced or its time is over. */
export class Faults {
  readonly #clock: PodClock;
  #current = noFault;
  #cancelEnd = () => {};

  constructor(clock: PodClock) {
    this.#clock = clock;
  }

  get current(): PodFault {
    return this.#current;
  }

  /** @param over called when the fault's time is over, not when another replaces it. */
  set(fault: PodFault, over: () => void = () => {}): void {
    this.clear();
    this.#current = fault;
    if (fault.forMs === undefined) return;
    this.#cancelEnd = this.#clock.after(fault.forMs, () => {
      this.clear();
      over();
    });
  }

  clear(): void {
    this.#cancelEnd();
    this.#cancelEnd = () => {};
    this.#current = noFault;
  }
}

function isKind(value: unknown): value is PodFault['kind'] {
  return kinds.some((kind) => kind === value);
}

function isWhole(value: unknown, max: number): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= max;
}

function invalid(what: string, given: unknown, expected: string): { kind: 'invalid'; problem: string } {
  return {
    kind: 'invalid',
    problem: `${what} is ${JSON.stringify(given) ?? 'missing'}; expected ${expected}`,
  };
}
