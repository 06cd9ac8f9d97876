import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EventLog } from '../../src/admin/eventLog.ts';
import { startAdmin } from '../../src/admin/server.ts';
import type { InstanceState } from '../../src/admin/state.ts';
import { hasDrawn } from '../../test/browser/dashboardPage.ts';
import { situations, sourcesOf } from '../../test/browser/situations.ts';
import { Chromium, findChromium } from '../../test/support/chromium.ts';
import { checkoutDir } from '../../tools/testbed/tools.ts';
import { until } from '../../tools/testbed/until.ts';

/**
 * Photographs the dashboard for the site of the documents, as it is now: the pictures of
 * docs/dashboard.md in place of those in the checkout, and a page with every situation, light and
 * dark. Where there is no Chromium the pictures of the checkout stay.
 */
const pages = join(checkoutDir, '.run/docs/pages/docs/dashboard');
const index = join(pages, 'situations.md');
const size = { width: 1280, height: 720 };
/** Readings of the state, once a second, so that charts have lines. */
const leastReadings = 6;
const timeoutMs = 60_000;
const ofDocuments: Readonly<Record<string, { situation: string; isDark: boolean }>> = {
  'all-well': { situation: 'all well', isDark: false },
  'quarantined-dark': { situation: 'a quarantined pod', isDark: true },
};

interface Screenshot {
  readonly situation: string;
  readonly isDark: boolean;
  readonly file: string;
  readonly readings: number;
}

mkdirSync(pages, { recursive: true });
const command = findChromium(process.env);
if (command === undefined) {
  writeFileSync(index, '# Situations\n\nThis site was built without Chromium, which makes the pictures.\n');
  process.stderr.write('docs: no Chromium, so the pictures of the checkout stay\n');
} else {
  await photograph(command);
}

async function photograph(chromiumBin: string): Promise<void> {
  const chromium = await Chromium.start(chromiumBin);
  try {
    const names = Object.keys(situations);
    const schemes = [false, true];
    const wanted = names.flatMap((situation) => schemes.map((isDark) => ({ situation, isDark })));
    const screenshots = [
      ...wanted.map((one) => ({ ...one, file: fileOf(one), readings: 1 })),
      ...Object.entries(ofDocuments).map(([name, one]) => {
        return { ...one, file: `${name}.png`, readings: leastReadings };
      }),
    ];
    // One after the other: a page behind another one is not drawn.
    for (const screenshot of screenshots) await take(chromium, screenshot);
    const sections = names.map((situation) => {
      const images = schemes.map((isDark) => `![${situation}](${fileOf({ situation, isDark })})`);
      return `## ${situation[0]?.toUpperCase()}${situation.slice(1)}\n\n${images.join('\n\n')}\n`;
    });
    const head =
      'What the dashboard shows in each of these, as tests stage them (test/browser/situations.ts).';
    writeFileSync(index, `# Situations\n\n${head}\n\n${sections.join('\n')}`);
  } finally {
    await chromium.stop();
  }
}

function fileOf({ situation, isDark }: { situation: string; isDark: boolean }): string {
  return `situation-${situation.replaceAll(' ', '-')}${isDark ? '-dark' : ''}.png`;
}

async function take(chromium: Chromium, { situation, isDark, file, readings }: Screenshot): Promise<void> {
  let state = situations[situation] as InstanceState;
  const events = new EventLog({ now: () => new Date() });
  events.add('phase', 'starting → ready: startup complete', { from: 'starting', to: 'ready' });
  const sources = sourcesOf(() => {
    // Some traffic between two readings.
    const routed = state.decisions.routed + 20 + Math.round(20 * Math.random());
    state = { ...state, decisions: { ...state.decisions, routed } };
    return state;
  });
  const admin = await startAdmin({ ...sources, events, address: '127.0.0.1:0', allowedHosts: [] });
  const page = await chromium.open(`http://${admin.address}/`, { ...size, isDark });
  try {
    await until(() => hasDrawn(page), { what: `the page of "${situation}"`, timeoutMs });
    const line = "document.querySelector('.spark path:not(.area)')?.getAttribute('d') ?? ''";
    const hasLines = async () => (await page.evaluate<string>(line)).split('L').length >= readings;
    await until(hasLines, { what: `the charts of "${situation}"`, timeoutMs });
    await page.screenshot(join(pages, file));
    if (page.errors.length > 0) throw new Error(`"${situation}": ${page.errors.join('; ')}`);
  } finally {
    await page.close();
    await admin.stop();
  }
}
