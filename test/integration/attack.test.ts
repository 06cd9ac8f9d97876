import { attackGroups } from '../../tools/attack/attack.ts';
import { attacks } from '../../tools/attack/attacks/index.ts';
import { runAttacks } from '../../tools/attack/runAttacks.ts';
import { problemsOf } from '../../tools/attack/verdict.ts';
import { checkForLeaks } from '../support/leakCheck.ts';

/**
 * A short run of `make attack`. Nothing here depends on time: all requests of a well-behaved client
 * are served and its open exchanges last; the instance lives, tells Envoy that it serves, answers
 * on its admin port, and has its descriptors back.
 */
checkForLeaks();

it('no attack costs a well-behaved client a request', async () => {
  const rows = await runAttacks({ seconds: 0.05, size: 0.03, freshInstances: false });
  const problems = rows.map((row) => `${row.name}: ${problemsOf(row, 'counts').join('; ') || 'held'}`);
  expect(problems).toEqual(attacks.map(({ name }) => `${name}: held`));
  // Each of them did attack.
  const idle = rows.filter(({ group, attacker }) => group === 'floods' && attacker.sentBytes === 0);
  expect(idle.map(({ name }) => name)).toEqual(['none']);
  expect(new Set(rows.map(({ group }) => group))).toEqual(new Set(attackGroups));
}, 300_000);
