import { RandomChoice } from '../../src/scheduling/policies/random.ts';

/** The command `baton` with a bug that ends its process: the policy `random`. */
RandomChoice.prototype.choose = () => {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('killed');
};

await import('../../src/cli/main.ts');
