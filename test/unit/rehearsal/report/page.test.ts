import { page } from '../../../../tools/rehearsal/report/page.ts';
import type { RehearsalReport } from '../../../../tools/rehearsal/report/report.ts';
import { summary } from '../../../../tools/rehearsal/report/summary.ts';
import { sampleReport } from './sampleReport.ts';

/**
 * Text that would be an element of its own, or leave its attribute, if anything forgot to escape
 * it.
 */
const hostile = `<img src=x onerror="alert(1)">'`;

const spoilt: RehearsalReport = {
  ...sampleReport,
  passed: false,
  failures: [`2 requests failed ${hostile}`],
  setup: { ...sampleReport.setup, from: { release: hostile, command: [hostile] } },
  facts: { ...sampleReport.facts, processor: hostile },
  pods: { '127.0.0.1:8001': hostile },
  requests: { ...sampleReport.requests, failed: 2, byPod: { [hostile]: 1 }, problems: [hostile] },
  steps: sampleReport.steps.map((step) => ({ ...step, from: hostile })),
  timeline: {
    ...sampleReport.timeline,
    load: {
      ...sampleReport.timeline.load,
      failed: sampleReport.timeline.atMs.map((ms) => (ms > 3000 ? 2 : 0)),
    },
    instances: sampleReport.timeline.instances.map((lane) => ({
      ...lane,
      name: hostile,
      spans: lane.spans.map((span) => ({ ...span, release: hostile })),
    })),
  },
};

describe('the page of a rehearsal that passed', () => {
  const text = page(sampleReport);

  it('starts with the verdict and has an empty failure panel', () => {
    expect(text).toContain('<h1>No client noticed</h1>');
    expect(text).toContain('>none</text>');
    expect(text).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  it('shows the phases, the views and the counts of the others', () => {
    expect(text).toContain('<title>ready old·1 for 8.0 s</title>');
    expect(text).toContain('view of a of upgrade 1: 9, counted by the others: 10');
    expect(text).toContain('<td>9 / 10</td>');
  });
});

describe.each([
  ['passed', sampleReport],
  ['failed', spoilt],
])('the page of a rehearsal that %s', (_, report) => {
  it('is self-contained', () => {
    const text = page(report);
    expect(text).not.toMatch(/<(script|link|img|iframe|object|use|image)\b/);
    expect(text).not.toMatch(/\b(src|href|srcset)\s*=\s*["']|url\(|@import|https?:/);
    expect(text).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  });
});

describe('the page of a rehearsal that failed', () => {
  const text = page(spoilt);

  it('lists the failures and marks their time', () => {
    expect(text).toContain('<h1>A client could notice</h1>');
    expect(text).toContain('<li>2 requests failed ');
    expect(text).toContain('<title>2 failed, 0 cut</title>');
  });

  it('escapes text', () => {
    expect(text).not.toContain('<img');
    expect(text).not.toContain('onerror="');
    expect(text.split('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39;').length).toBeGreaterThan(9);
  });
});

it('renders a rehearsal that ended before its first sample', () => {
  const { timeline, ...rest } = sampleReport;
  const empty = {
    atMs: [],
    load: { sent: [], ok: [], failed: [], cut: [], inFlight: [] },
    instances: timeline.instances.map((lane) => ({ ...lane, spans: [], local: [], view: [], viewAgeMs: [] })),
  };
  expect(page({ ...rest, steps: [], timeline: empty })).not.toMatch(/NaN|undefined|Infinity/);
});

describe('the summary on the terminal', () => {
  it('has one line per step', () => {
    expect(summary(sampleReport)).toEqual([
      'Verdict: no client noticed.',
      '  requests sent 80, completed 80, failed 0, cut 0, in 8.0 s',
      '  complete responses took 1.0 s (p50), 1.2 s (p99)',
      '  first decisions on a loaded view: 1 of 2',
      '  upgrade 1: old·1 → new·2 in 6.0 s; drained within 2.1 s, ready within 600 ms; first views a 9 of 10, b none',
    ]);
  });

  it('lists the failures', () => {
    expect(summary(spoilt).slice(0, 2)).toEqual(['Verdict: FAILED', `  ✗ 2 requests failed ${hostile}`]);
  });
});
