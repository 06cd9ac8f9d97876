import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { declaredMetrics, exportedName, metricsDoc } from '../../../scripts/metrics/metricsDoc.ts';
import { exportedMetrics } from '../../support/exportedMetrics.ts';

describe('docs/metrics.md', () => {
  it('is current (npm run generate)', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/metrics.md'), 'utf8');
    expect(page).toBe(metricsDoc(await declaredMetrics()));
  });

  it('lists what an instance exports, and nothing else', async () => {
    const text = await exportedMetrics();
    const exported = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    const declared = [...(await declaredMetrics()).values()].flat().map(exportedName);
    expect(exported.sort()).toEqual(declared.sort());
  });
});
