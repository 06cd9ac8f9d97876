import { join } from 'node:path';
import { checkoutDir } from '../testbed/tools.ts';

/** The path of a certificate or key of the tests; make.sh there says what they are. */
export const fixture = (name: string): string => join(checkoutDir, 'test', 'fixtures', 'tls', name);

/** The name in server.pem. */
export const fixtureName = 'baton.test';
