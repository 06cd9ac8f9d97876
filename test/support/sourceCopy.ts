import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkoutDir } from '../../tools/testbed/tools.ts';

const node = [process.execPath, '--disable-warning=ExperimentalWarning'] as const;
const exec = promisify(execFile);

/** A copy of the source that a test changes: another release, or one with a part more. */
export class SourceCopy {
  readonly dir: string;

  static async make(): Promise<SourceCopy> {
    const dir = await mkdtemp(join(tmpdir(), 'baton-copy-'));
    for (const part of ['src', 'tools', 'scripts', 'proto', 'package.json'])
      await cp(join(checkoutDir, part), join(dir, part), { recursive: true });
    await symlink(join(checkoutDir, 'node_modules'), join(dir, 'node_modules'));
    return new SourceCopy(dir);
  }

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** The command that starts an instance of it. */
  get serveCommand(): readonly string[] {
    return [...node, join(this.dir, 'src/cli/main.ts'), 'serve', '--config', '{config}'];
  }

  async add(path: string, text: string): Promise<void> {
    await writeFile(join(this.dir, path), text);
  }

  /** @throws Error when the file does not contain it */
  async replace(path: string, before: string, after: string): Promise<void> {
    const text = await readFile(join(this.dir, path), 'utf8');
    if (!text.includes(before)) throw new Error(`${path} has no ${JSON.stringify(before)}`);
    await this.add(path, text.replace(before, after));
  }

  /** @returns what the program writes */
  async run(...args: readonly string[]): Promise<string> {
    const [program, ...flags] = node;
    return (await exec(program, [...flags, ...args], { cwd: this.dir })).stdout;
  }

  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}
