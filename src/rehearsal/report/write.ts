import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { page } from './page.ts';
import type { Report } from './report.ts';

/** Writes report.json and report.html into the folder, over those of an earlier rehearsal. */
export async function writeReport(dir: string, report: Report): Promise<void> {
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'report.json'), `${JSON.stringify(report)}\n`);
  await writeFile(join(dir, 'report.html'), page(report));
}
