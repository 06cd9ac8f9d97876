import { access, constants, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { page } from './page.ts';
import type { RehearsalReport } from './report.ts';

/** @throws Error when the folder cannot be written to. */
export async function prepareFolder(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  await access(dir, constants.W_OK);
}

/** Writes report.json and report.html into the prepared folder; replaces earlier ones. */
export async function writeReport(dir: string, report: RehearsalReport): Promise<void> {
  await writeFile(join(dir, 'report.json'), `${JSON.stringify(report)}\n`);
  await writeFile(join(dir, 'report.html'), page(report));
}
