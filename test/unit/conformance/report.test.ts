import {
  createConformanceReport,
  formatCaseResult,
  formatTotals,
} from '../../../tools/conformance/report/conformanceReport.ts';
import { junitXml } from '../../../tools/conformance/report/junit.ts';
import type { CaseResult } from '../../../tools/conformance/runCases.ts';

const base = { sent: 'a <GET>', expected: 'one & only', durationMs: 12 };
const results: readonly CaseResult[] = [
  { ...base, name: 'decision/get', outcome: 'passed', received: 'request_headers' },
  { ...base, name: 'body/pieces', outcome: 'failed', received: 'no "answer"\u001b[2J\n' },
  { ...base, name: 'body/20-mb', outcome: 'skipped', received: 'not in the mode headers' },
];
const report = createConformanceReport('127.0.0.1:9002', 'headers', ['10.0.0.1:8000'], results);

it('counts, and keeps nothing of a picker that a terminal would act on', () => {
  expect(report).toMatchObject({ passed: 1, failed: 1, skipped: 1 });
  expect(report.cases[1]?.received).toBe('no "answer"\\u001b[2J\\u000a');
  expect(formatTotals(report)).toBe('mode headers: 1 passed, 1 failed, 1 skipped');
});

it('has one line a case', () => {
  expect(results.map(formatCaseResult)).toEqual([
    'ok      decision/get: sent a <GET> | expected one & only | received request_headers',
    'FAILED  body/pieces: sent a <GET> | expected one & only | received no "answer"\\u001b[2J\\u000a',
    'skipped body/20-mb: not in the mode headers',
  ]);
});

it('is valid XML for JUnit', () => {
  const xml = junitXml(report);
  expect(xml).toContain('<testsuites tests="3" failures="1" skipped="1" time="0.036">');
  expect(xml).toContain('<testcase classname="decision" name="get" time="0.012"/>');
  expect(xml).toContain('<failure message="no &quot;answer&quot;\\u001b[2J\\u000a">sent a &lt;GET&gt;');
  expect(xml).toContain('<skipped message="not in the mode headers"/>');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 has none of them.
  expect(xml).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/);
});
