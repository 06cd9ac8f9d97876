import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Builds what the benches measure by, and answers where it is. */
export async function buildKit(): Promise<string> {
  const kit = join(import.meta.dirname, '../../.run/bench/kit');
  try {
    const cwd = join(import.meta.dirname, 'kit');
    await promisify(execFile)('go', ['build', '-o', kit, '.'], { cwd });
  } catch (cause) {
    throw new Error('the bench needs Go 1.24 or newer for what it measures by; "go build" failed', { cause });
  }
  return kit;
}
