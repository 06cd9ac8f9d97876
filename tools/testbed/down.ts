import { isRunning, type RecordedProcess, removeRunDir, runningProcesses } from './runFolder.ts';
import { until } from './until.ts';

/** `make down`: ends what `make up` started, Envoy first, and removes its folder. */
const graceMs = 40_000;

async function down(): Promise<string> {
  const running = await runningProcesses();
  // Recorded in the order of their start: Envoy, where clients connect, is the last.
  for (const part of running.toReversed()) await end(part);
  await removeRunDir();
  return running.length === 0 ? 'nothing was running' : `ended ${running.map(({ name }) => name).join(', ')}`;
}

async function end(part: RecordedProcess): Promise<void> {
  signal(part, 'SIGTERM');
  const hasEnded = () => !isRunning(part);
  await until(hasEnded, { what: `the end of ${part.name}`, timeoutMs: graceMs }).catch(() =>
    signal(part, 'SIGKILL'),
  );
  await until(hasEnded, { what: `the end of ${part.name} (pid ${part.pid})` });
}

function signal(part: RecordedProcess, name: NodeJS.Signals): void {
  // Each part leads its own process group.
  if (isRunning(part)) process.kill(-part.pid, name);
}

try {
  process.stdout.write(`${await down()}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
