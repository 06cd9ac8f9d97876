import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { checkoutDir } from '../../tools/testbed/tools.ts';
import { foreignTool } from './foreignTool.ts';
import type { Manifest } from './kubernetesSchemas.ts';

/** Renders charts/baton with Helm, as a release `baton` in the namespace `inference`. */
export const helm = foreignTool('helm', 'scripts/install-chart-tools.sh');

const chart = join(checkoutDir, 'charts/baton');

/** @throws what Helm says of the values, as an Error */
export async function renderChart(values: object, release = 'baton'): Promise<Manifest[]> {
  const dir = await mkdtemp(join(tmpdir(), 'baton-chart-'));
  try {
    const file = join(dir, 'values.yaml');
    await writeFile(file, JSON.stringify(values));
    const args = ['template', release, chart, '--namespace', 'inference', '--values', file];
    const text = await new Promise<string>((resolve, reject) => {
      execFile(helm.path, args, { timeout: 60_000 }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(stderr || stdout || error.message));
      });
    });
    return parseAllDocuments(text)
      .map((document) => document.toJS())
      .filter((manifest) => manifest !== null);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
