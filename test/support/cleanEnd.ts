import type { Baton } from '../../tools/testbed/baton.ts';

/** SIGTERM; fails unless the instance ends by itself and has finished everything that it had accepted. */
export async function endsCleanly(instance: Baton): Promise<void> {
  await instance.stopCleanly();
  const lines = instance.process.output.lines().filter((line) => line.includes('"drained"'));
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ halfClosed: 0 }]);
}
