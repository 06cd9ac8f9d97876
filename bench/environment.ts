import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChildProcess } from '../tools/testbed/childProcess.ts';
import { freePorts } from '../tools/testbed/ports.ts';
import { findTools, type Tools } from '../tools/testbed/tools.ts';
import { buildKit, kit } from './kit.ts';

/**
 * What every measurement needs and none measures: three pods that respond at once, a folder, the
 * binaries.
 */
export interface Stage {
  readonly tools: Tools;
  /** Removed after the run. */
  readonly dir: string;
  /** `ip:port` of each pod. */
  readonly pods: readonly string[];
}

const podCount = 3;

/** Ends the parts it has started, also when the run fails. */
export async function onStage<Result>(play: (stage: Stage) => Promise<Result>): Promise<Result> {
  await buildKit();
  const tools = findTools(process.env);
  const dir = await mkdtemp(join(tmpdir(), 'baton-bench-'));
  const processes: ChildProcess[] = [];
  try {
    const pods = (await freePorts(podCount)).map((port) => `127.0.0.1:${port}`);
    for (const pod of pods) {
      processes.push(await ChildProcess.start({ name: 'pod', command: kit, args: ['pod', pod] }));
    }
    return await play({ tools, dir, pods });
  } finally {
    await Promise.all(processes.map((process) => process.kill()));
    await rm(dir, { recursive: true, force: true });
  }
}

/** Runs a command and ends the process. */
export async function command(main: () => Promise<number>): Promise<never> {
  const code = await main().catch((error: Error) => {
    process.stderr.write(`${error.message}${error.cause ? `: ${error.cause}` : ''}\n`);
    return 1;
  });
  process.exit(code);
}
