import { until } from '../../tools/testbed/until.ts';

/**
 * Waits until the condition returns anything but false and none of its expectations fails. After
 * the timeout it fails with the last failure.
 */
export async function eventually(
  condition: () => unknown,
  { timeoutMs = 30_000, everyMs = 25 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<void> {
  const holds = async () => (await condition()) !== false;
  await until(holds, { what: 'the condition', timeoutMs, intervalMs: everyMs });
}
