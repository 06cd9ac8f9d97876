import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/packageRoot.ts';
import { envoyVariants } from './variants.ts';

/**
 * Writes envoy/fail-closed.yaml and envoy/compose.yaml from envoy/envoy.yaml. With --check it
 * writes nothing and fails when a committed file differs.
 */
const folder = join(packageRoot(), 'envoy');
const isCheck = process.argv.includes('--check');

const source = readFileSync(join(folder, 'envoy.yaml'), 'utf8');
for (const [name, generate] of envoyVariants) {
  const file = join(folder, name);
  const text = generate(source);
  if (!isCheck) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`envoy/${name} is not what envoy/envoy.yaml generates. Run: npm run generate\n`);
    process.exitCode = 1;
  }
}
