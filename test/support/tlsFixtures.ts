import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '..', 'fixtures', 'tls');

/**
 * The path of a file of test/fixtures/tls, such as `server.pem`; make.sh there says what they are.
 */
export const tlsFile = (name: string): string => join(folder, name);

export const tlsBytes = (name: string): Buffer => readFileSync(tlsFile(name));
