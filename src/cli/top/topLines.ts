import type { EndpointLine } from '../../admin/statusReport.ts';
import {
  compareNames,
  countText,
  endpointColumns,
  endpointRow,
  instanceRow,
  textTable,
} from '../../admin/statusTable.ts';
import type { Level } from '../../admin/verdict/problem.ts';
import { escapeControls } from '../../controlCharacters.ts';
import type { SortOrder, TopState } from './topState.ts';

/** A line, and how it is to be seen where there are colours. */
export interface TopLine {
  readonly text: string;
  readonly level?: Level;
  readonly isHead?: boolean;
}

export interface TopPage {
  readonly lines: readonly TopLine[];
  /** How many pods fit. */
  readonly podsOnPage: number;
}

const mostProblems = 4;
const mostInstances = 8;
const leastPods = 3;

/**
 * What is drawn, pure.
 *
 * @param rows of the screen; Infinity: all of it
 */
export function topPage(state: TopState, rows: number): TopPage {
  const { reading, failure, sort } = state;
  if (reading === undefined) return { lines: [{ text: failure ?? 'reading …' }], podsOnPage: leastPods };
  const { report, verdict } = reading;
  const above = [...headLines(state), { text: '' }, ...instanceLines(state, rows), { text: '' }];
  const podsOnPage = Math.max(leastPods, rows - above.length - 3);
  const sorted = sortedPods(report.endpoints, sort);
  const scrolled = Math.min(state.scrolled, Math.max(0, sorted.length - podsOnPage));
  const shown = sorted.slice(scrolled, scrolled + podsOnPage);
  const sick = new Set(verdict?.pods.sick.map(({ address }) => address));
  const [head = '', ...lines] = textTable(['POD', ...endpointColumns], shown.map(endpointRow));
  const range =
    shown.length === 0 ? 'no pod' : `pods ${scrolled + 1}–${scrolled + shown.length} of ${sorted.length}`;
  return {
    podsOnPage,
    lines: [
      ...above,
      ...(shown.length === 0 ? [] : [{ text: head, isHead: true }]),
      ...lines.map((text, nth): TopLine => {
        const pod = shown[nth];
        return pod !== undefined && (isSick(pod) || sick.has(pod.address))
          ? { text, level: 'warning' }
          : { text };
      }),
      { text: '' },
      { text: `${range}, by ${sort} · q quit  ↑↓ scroll  s sort  n next instance`, isHead: true },
    ],
  };
}

function headLines({ reading, failure, perSecond }: TopState): TopLine[] {
  if (reading === undefined) return [];
  const { report, verdict } = reading;
  const inFlight = report.endpoints.reduce((sum, one) => sum + one.inFlight, 0);
  const rates =
    perSecond === undefined
      ? []
      : [`${Math.round(perSecond.routed)} requests/s`, `${Math.round(perSecond.refused)} refused/s`];
  const facts = [
    `pool ${report.pool}`,
    `from ${report.source}`,
    ...rates,
    `${countText(inFlight)} in flight`,
  ];
  const problems = verdict?.problems.slice(0, mostProblems) ?? [];
  return [
    ...(failure === undefined ? [] : [{ text: escapeControls(failure), level: 'bad' as const }]),
    ...(verdict === undefined ? [] : [{ text: escapeControls(verdict.headline), level: verdict.level }]),
    ...problems.map(({ level, text }) => ({ text: `  ${escapeControls(text)}`, level })),
    { text: escapeControls(facts.join(' · ')) },
  ];
}

function instanceLines({ reading }: TopState, rows: number): TopLine[] {
  const instances = reading?.report.instances ?? [];
  if (instances.length === 0) return [{ text: 'No instances.' }];
  const sorted = instances.toSorted((a, b) => b.generation - a.generation || compareNames(a.id, b.id));
  const shown = sorted.slice(0, rows === Number.POSITIVE_INFINITY ? sorted.length : mostInstances);
  const [head = '', ...lines] = textTable(
    ['INSTANCE', 'PHASE', 'RELEASE', 'GENERATION', 'IN FLIGHT'],
    shown.map(instanceRow),
  );
  const more = sorted.length - shown.length;
  return [
    { text: head, isHead: true },
    ...lines.map((text) => ({ text })),
    ...(more > 0 ? [{ text: `and ${more} more instances` }] : []),
  ];
}

function isSick({ ready, health }: EndpointLine): boolean {
  return ready === false || health === 'quarantined' || health === 'trial';
}

function sortedPods(pods: readonly EndpointLine[], sort: SortOrder): EndpointLine[] {
  return pods.toSorted((a, b) => {
    const byState = Number(isSick(b)) - Number(isSick(a));
    const first = sort === 'state' ? byState : sort === 'in flight' ? b.inFlight - a.inFlight : 0;
    return first || compareNames(a.address, b.address);
  });
}
