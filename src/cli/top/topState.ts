import type { StatusReport } from '../../admin/statusReport.ts';
import type { FleetVerdict } from '../../admin/verdict/verdict.ts';

/** What `baton top` shows, from an instance or from etcd. */
export interface TopReading {
  readonly report: StatusReport;
  /** undefined from etcd, where no instance has judged its pods. */
  readonly verdict: FleetVerdict | undefined;
  /** Decisions since the start of the instance, to count rates from; undefined from etcd. */
  readonly decisions: { readonly id: string; readonly routed: number; readonly refused: number } | undefined;
  /** On a monotonic clock. */
  readonly atMs: number;
}

export const sortOrders = ['state', 'in flight', 'name'] as const;
export type SortOrder = (typeof sortOrders)[number];

/** All that decides what is drawn. */
export interface TopState {
  /** The last reading; undefined before the first. */
  readonly reading: TopReading | undefined;
  /** Requests a second between the last two readings. */
  readonly perSecond: { readonly routed: number; readonly refused: number } | undefined;
  /** Why the last attempt to read failed; undefined when it did not. */
  readonly failure: string | undefined;
  readonly sort: SortOrder;
  /** Pods above the first that is shown. */
  readonly scrolled: number;
}

export const firstTopState: TopState = {
  reading: undefined,
  perSecond: undefined,
  failure: undefined,
  sort: 'state',
  scrolled: 0,
};

export type TopKey = 'quit' | 'up' | 'down' | 'page-up' | 'page-down' | 'sort' | 'next';

const esc = '\u001b';
const keys: ReadonlyMap<string, TopKey> = new Map([
  ['q', 'quit'],
  ['Q', 'quit'],
  ['\u0003', 'quit'],
  ['\u0004', 'quit'],
  [`${esc}[A`, 'up'],
  [`${esc}OA`, 'up'],
  ['k', 'up'],
  [`${esc}[B`, 'down'],
  [`${esc}OB`, 'down'],
  ['j', 'down'],
  [`${esc}[5~`, 'page-up'],
  [`${esc}[6~`, 'page-down'],
  [' ', 'page-down'],
  ['s', 'sort'],
  ['n', 'next'],
]);

/** A key press sends one character, or an escape sequence; quick ones arrive together. */
const keyPress = new RegExp(`${esc}(?:\\[[\\d;]*[A-Za-z~]|O[A-Z])|[\\s\\S]`, 'g');

/** The keys that mean something, in their order. */
export function topKeysOf(input: string): readonly TopKey[] {
  return (input.match(keyPress) ?? []).flatMap((press) => keys.get(press) ?? []);
}

export function withKey(state: TopState, key: TopKey, podsOnPage: number): TopState {
  const last = Math.max(0, (state.reading?.report.endpoints.length ?? 0) - podsOnPage);
  const scroll = (by: number): TopState => ({
    ...state,
    scrolled: Math.min(last, Math.max(0, state.scrolled + by)),
  });
  switch (key) {
    case 'up':
      return scroll(-1);
    case 'down':
      return scroll(1);
    case 'page-up':
      return scroll(-podsOnPage);
    case 'page-down':
      return scroll(podsOnPage);
    case 'sort': {
      const next = (sortOrders.indexOf(state.sort) + 1) % sortOrders.length;
      return { ...state, sort: sortOrders[next] ?? 'state', scrolled: 0 };
    }
    case 'quit':
    case 'next':
      return state;
    default:
      return key satisfies never;
  }
}

export function withReading(state: TopState, reading: TopReading): TopState {
  const [before, now] = [state.reading, reading];
  const seconds = (now.atMs - (before?.atMs ?? now.atMs)) / 1000;
  const isSame = before?.decisions !== undefined && before.decisions.id === now.decisions?.id && seconds > 0;
  // A count below the last one is that of another life.
  const rate = (name: 'routed' | 'refused'): number =>
    Math.max(0, (now.decisions?.[name] ?? 0) - (before?.decisions?.[name] ?? 0)) / seconds;
  return {
    ...state,
    reading,
    failure: undefined,
    perSecond: isSame ? { routed: rate('routed'), refused: rate('refused') } : undefined,
  };
}
