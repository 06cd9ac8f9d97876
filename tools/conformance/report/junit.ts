import type { CaseResult } from '../runCases.ts';
import type { ConformanceReport } from './conformanceReport.ts';

/** A report as JUnit's XML, for pipelines. Pure. */
export function junitXml({ target, mode, failed, skipped, cases }: ConformanceReport): string {
  const seconds = cases.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000;
  const counts = `tests="${cases.length}" failures="${failed}" skipped="${skipped}"`;
  const name = attribute(`endpoint picker conformance, ${mode}, ${target}`);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts} time="${seconds.toFixed(3)}">`,
    `  <testsuite name=${name} ${counts} errors="0" time="${seconds.toFixed(3)}">`,
    ...cases.map(testCase),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function testCase({ name, outcome, sent, expected, received, durationMs }: CaseResult): string {
  const [group = '', short = ''] = name.split('/');
  const start = `    <testcase classname=${attribute(group)} name=${attribute(short)} time="${(durationMs / 1000).toFixed(3)}"`;
  switch (outcome) {
    case 'passed':
      return `${start}/>`;
    case 'skipped':
      return `${start}><skipped message=${attribute(received)}/></testcase>`;
    case 'failed': {
      const text = escapeXml(`sent ${sent}\nexpected ${expected}\nreceived ${received}`);
      return `${start}><failure message=${attribute(received)}>${text}</failure></testcase>`;
    }
    default:
      return outcome satisfies never;
  }
}

const attribute = (text: string): string => `"${escapeXml(text)}"`;

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
