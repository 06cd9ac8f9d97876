import type { Baton } from '../../tools/testbed/baton.ts';
import { logLines } from './logLines.ts';

/** Sends SIGTERM. Fails unless the instance exits and has served every exchange to its end. */
export async function drainsCleanly(instance: Baton): Promise<void> {
  await instance.stopCleanly();
  expect(logLines(instance, 'drain.completed')).toMatchObject([{ halfClosed: 0 }]);
}
