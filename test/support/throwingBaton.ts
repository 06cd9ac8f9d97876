import { RandomChoice } from '../../src/scheduling/policies/random.ts';

/**
 * The command `baton` with bugs: the policy `random` throws, and SIGUSR2 throws outside of any
 * request.
 */
RandomChoice.prototype.choose = () => {
  throw new Error('a bug in the policy');
};

process.on('SIGUSR2', () => {
  throw new Error('a bug in throwingBaton');
});

await import('../../src/cli/main.ts');
