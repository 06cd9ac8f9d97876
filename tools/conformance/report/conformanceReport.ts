import { escapeControls } from '../../../src/controlCharacters.ts';
import type { CaseResult } from '../runCases.ts';

/** What a run of the suite comes to. */
export interface ConformanceReport {
  readonly target: string;
  readonly mode: string;
  readonly endpoints: readonly string[];
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly cases: readonly CaseResult[];
}

/** Texts of the picker keep no control characters. */
export function createConformanceReport(
  target: string,
  mode: string,
  endpoints: readonly string[],
  results: readonly CaseResult[],
): ConformanceReport {
  const cases = results.map((result) => ({ ...result, received: escapeControls(result.received) }));
  const count = (outcome: CaseResult['outcome']): number =>
    cases.filter((result) => result.outcome === outcome).length;
  return {
    target,
    mode,
    endpoints,
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    cases,
  };
}

/** One line a case. */
export function formatCaseResult({ name, outcome, sent, expected, received }: CaseResult): string {
  const label = { passed: 'ok     ', failed: 'FAILED ', skipped: 'skipped' }[outcome];
  if (outcome === 'skipped') return `${label} ${name}: ${received}`;
  return escapeControls(`${label} ${name}: sent ${sent} | expected ${expected} | received ${received}`);
}

export function formatTotals({ passed, failed, skipped, mode }: ConformanceReport): string {
  return `mode ${mode}: ${passed} passed, ${failed} failed, ${skipped} skipped`;
}
