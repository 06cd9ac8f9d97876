import { join } from 'node:path';
import { ChildProcess } from '../../../tools/testbed/childProcess.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';

checkForLeaks();

const module = join(import.meta.dirname, '../../../src/instance/stopSignals.ts');

/** A process that prints what its signals ask for, and exits at the second one. */
function startProcess(): Promise<ChildProcess> {
  const program = `
    const { onAbort, StopSignals } = await import(${JSON.stringify(module)});
    const { drain, forceStop } = new StopSignals();
    onAbort(drain, (reason) => console.log('drain: ' + reason));
    onAbort(forceStop, (reason) => { console.log('force stop: ' + reason); process.exit(); });
    setInterval(() => {}, 1_000);
    console.log('waiting');`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program];
  return ChildProcess.start({ name: 'signals', command: process.execPath, args });
}

it.each([
  ['SIGTERM', 'SIGINT'],
  ['SIGINT', 'SIGTERM'],
  ['SIGTERM', 'SIGTERM'],
] as const)('drains at the first signal (%s), and stops at the second (%s)', async (first, second) => {
  const child = await startProcess();
  await child.waitForLine(/^waiting$/);
  child.signal(first);
  await child.waitForLine(new RegExp(`^drain: ${first} received$`));
  child.signal(second);
  expect(await child.exited).toEqual({ code: 0, signal: null });
  expect(child.output.lines()).toContain(`force stop: ${second} received`);
});
