import { until } from '../../tools/testbed/until.ts';

/**
 * Waits until the condition holds: until it answers true, or its expectations pass where it answers nothing.
 * Fails with the last expectation's message.
 */
export async function eventually(
  condition: () => unknown,
  { timeoutMs = 10_000, everyMs = 25 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<void> {
  const holds = async () => (await condition()) !== false;
  await until(holds, { what: 'the condition', timeoutMs, intervalMs: everyMs });
}
