import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { checkoutDir } from '../../tools/testbed/tools.ts';
import type { Ended } from './batonCommand.ts';

/** The packed package, installed outside of the checkout on a Node of its own. */
const exec = promisify(execFile);
const systemPath = '/usr/local/bin:/usr/bin:/bin';

/** The oldest Node that `engines` admits; scripts/install-node.sh keeps it in .tools. */
export const oldestNode = '22.18.0';

/** The folder of the binary. */
export async function installNode(version: string): Promise<string> {
  const { stdout } = await exec(join(checkoutDir, 'scripts', 'install-node.sh'), [version]);
  return stdout.trim();
}

/** Runs npm on the Node in this folder, with this process's own settings of npm. */
export async function npm(nodeDir: string, args: readonly string[], cwd = checkoutDir): Promise<string> {
  const path = `${nodeDir}:${process.env.PATH ?? systemPath}`;
  // npm passes what `npm run` was called with to its children; a nested npm must not take it for
  // its own.
  const settings = Object.entries(process.env).filter(([name]) => !/^npm_(?!config_registry)/i.test(name));
  const env = { ...Object.fromEntries(settings), PATH: path };
  const { stdout } = await exec('npm', ['--no-audit', '--no-fund', '--loglevel=error', ...args], {
    cwd,
    env,
  });
  return stdout;
}

export interface PackedFile {
  readonly path: string;
}

/** Packs the checkout, which builds it, into this folder. */
export async function pack(dir: string): Promise<{ tarball: string; files: readonly PackedFile[] }> {
  const output = await npm(dirname(process.execPath), ['pack', '--json', '--pack-destination', dir]);
  const parsed = JSON.parse(output) as unknown;
  // An array until npm 11, an object by package name since then.
  const [packed] = Object.values(parsed as Record<string, { filename: string; files: PackedFile[] }>);
  if (!packed) throw new Error(`npm pack printed nothing that names a package: ${output}`);
  return { tarball: join(dir, packed.filename), files: packed.files };
}

export class InstalledPackage {
  /** The command `baton`. */
  readonly command: string;
  /** PATH of its processes: the Node it was installed on, then the system's folders. */
  readonly path: string;
  readonly #prefix: string;

  private constructor(prefix: string, nodeDir: string) {
    this.#prefix = prefix;
    this.command = join(prefix, 'bin', 'baton');
    this.path = `${nodeDir}:${systemPath}`;
  }

  /** `npm install --global` of the tarball under a prefix of its own. */
  static async install(tarball: string, prefix: string, nodeDir: string): Promise<InstalledPackage> {
    await npm(nodeDir, ['install', '--global', '--prefix', prefix, '--prefer-offline', tarball]);
    return new InstalledPackage(prefix, nodeDir);
  }

  /** Runs the command with nothing of this process's environment. */
  run(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = '/'): Promise<Ended> {
    return new Promise((resolve) => {
      const options = { env: { PATH: this.path, ...env }, cwd, timeout: 60_000 };
      execFile(this.command, args, options, (error, stdout, stderr) => {
        resolve({ exitCode: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
      });
    });
  }

  /** Bytes of all files: the package and its dependencies. */
  async bytes(): Promise<number> {
    const entries = await readdir(join(this.#prefix, 'lib'), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const sizes = await Promise.all(
      files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  }
}
