import { setTimeout as sleep } from 'node:timers/promises';

const intervalMs = 100;

/**
 * Deletes the keys below a prefix in etcd, and again what is written there, by its HTTP gateway.
 *
 * @returns ends it
 */
export function keepDeleting(etcdUrl: string, prefix: string): () => Promise<void> {
  const stopping = new AbortController();
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  // Prefixes end with a slash, which 0 follows.
  const range = { key: base64(prefix), range_end: base64(`${prefix.slice(0, -1)}0`) };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await fetch(`${etcdUrl}/v3/kv/deleterange`, { method: 'POST', body: JSON.stringify(range) });
      // An abort only ends the wait early.
      await sleep(intervalMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  // An etcd that does not answer is another failure.
  const running = run().catch(() => {});
  return async () => {
    stopping.abort();
    await running;
  };
}
