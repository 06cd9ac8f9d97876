import { readdir } from 'node:fs/promises';
import { Agent } from 'node:http';
import { checkHealth } from '../../src/proto/healthClient.ts';
import type { Baton } from '../../tools/testbed/baton.ts';
import { isFree } from '../../tools/testbed/ports.ts';
import { groupMiB } from '../../tools/testbed/processFigures.ts';
import { RawClient } from '../../tools/testbed/rawHttp2.ts';
import { sendSseRequest } from '../../tools/testbed/sseRequest.ts';
import { eventually } from '../support/eventually.ts';
import { shortStreams } from '../support/faultRow.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { logLines } from '../support/logLines.ts';
import { whileClientsStream } from '../support/sseClients.ts';
import { envoyRoutesTo, useTopology } from '../support/topology.ts';
import { allCount, allHaveStreams, healthStatus, isAlive, workerPids } from '../support/workers.ts';

/** Two workers that share one port, behind an Envoy with two threads: one connection each. */
checkForLeaks();

const two = 2;

describe('with two workers on one port', () => {
  const topology = useTopology({
    instances: 1,
    envoyThreads: 2,
    podFlags: shortStreams,
    baton: {
      // Only this transport supports workers.
      server: { workers: two, transport: 'builtin', healthAddress: '127.0.0.1:0' },
      instance: { id: 'group' },
      etcd: { leaseTtlSeconds: 2 },
      pool: { probe: { timeoutMs: 5_000 } },
    },
  });
  const group = () => topology().instances[0] as Baton;
  const pidOf = (nth: number) => workerPids(group()).get(nth) as number;

  afterEach(async () => {
    if (!group().process.running) {
      await group().launch();
      // All processes load their code at the same time.
      await group().waitUntilReady(60_000);
    }
    await envoyRoutesTo(topology(), [group()]);
    await allCount(group(), two, 0);
  });

  it('answers probes of both on one port for health', async () => {
    const [line] = logLines(group(), 'group.listening').slice(-1);
    const check = { address: String(line?.health), service: 'readiness', timeoutMs: 10_000 };
    expect(await checkHealth(check)).toEqual({ kind: 'status', status: 'SERVING' });
  });

  it('occupies, idle, no more memory than the page of workers names', async () => {
    const pids = [group().process.pid, ...workerPids(group()).values()];
    expect(pids).toHaveLength(two + 1);
    // docs/workers.md: for each worker, and beside them.
    const [each, beside] = [128, 128];
    expect(await groupMiB(pids)).toBeLessThan(two * each + beside);
  });

  it('dispatches streams to both, and both count all of them', async () => {
    await whileClientsStream(topology(), () => allHaveStreams(group(), two));
    const agent = new Agent();
    const leave = new AbortController();
    const headers = { 'x-podsim-fault': 'hang' };
    const held = Array.from({ length: 9 }, () =>
      sendSseRequest({ url: topology().chatUrl, agent, headers, signal: leave.signal, timeoutMs: 600_000 }),
    );
    try {
      await allCount(group(), two, held.length);
    } finally {
      leave.abort();
      await Promise.all(held);
      agent.destroy();
    }
  }, 60_000);

  it('loses no request at kill -9 of one, and its replacement gets streams', async () => {
    const killed = pidOf(2);
    await whileClientsStream(topology(), async (allServedAgain) => {
      await allHaveStreams(group(), two);
      process.kill(killed, 'SIGKILL');
      await eventually(() => expect(pidOf(2)).not.toBe(killed));
      // Whichever worker answers, also while the replacement starts.
      for (let check = 0; check < 5; check += 1) expect(await healthStatus(group())).toBe('SERVING');
      await allServedAgain();
      await allHaveStreams(group(), two);
    });
  }, 60_000);

  it('kills an unresponsive worker, and loses no request', async () => {
    const frozen = pidOf(1);
    await whileClientsStream(topology(), async (allServedAgain) => {
      process.kill(frozen, 'SIGSTOP');
      await eventually(() => expect(pidOf(1)).not.toBe(frozen), { timeoutMs: 30_000 });
      await allServedAgain();
      await allHaveStreams(group(), two);
    });
  }, 60_000);

  it('closes connections that a dead worker never took', async () => {
    const pids = [pidOf(1), pidOf(2)];
    const { pid } = group().process;
    const files = async () => (await readdir(`/proc/${pid}/fd`)).length;
    const before = await files();
    for (const worker of pids) process.kill(worker, 'SIGSTOP');
    const clients = await Promise.all(Array.from({ length: 4 }, () => RawClient.connect(group().address)));
    await eventually(async () => expect((await files()) - before).toBeGreaterThanOrEqual(clients.length));
    for (const worker of pids) process.kill(worker, 'SIGKILL');
    await Promise.all(clients.map((client) => client.closed()));
    await eventually(async () => expect(await files()).toBeLessThanOrEqual(before + 2));
  }, 60_000);

  it('fails health on every connection at SIGTERM, drains both, and loses no request', async () => {
    await whileClientsStream(topology(), async () => {
      await allHaveStreams(group(), two);
      const healthFailed = group().process.nextLine(/"group.health-changed","takesTraffic":false/);
      const ended = group().stop();
      await healthFailed;
      for (let check = 0; check < 5; check += 1) expect(await healthStatus(group())).toBe('NOT_SERVING');
      expect(await ended).toEqual({ code: 0, signal: null });
    });
    const drained = logLines(group(), 'drain.completed');
    expect(drained).toMatchObject([{ halfClosed: 0 }, { halfClosed: 0 }]);
  }, 60_000);

  it('ends the workers and frees the port at kill -9 of the parent, and loses no request', async () => {
    const pids = [...workerPids(group()).values()];
    await whileClientsStream(topology(), async () => {
      await allHaveStreams(group(), two);
      process.kill(group().process.pid, 'SIGKILL');
      await eventually(() => isFree(Number(new URL(`http://${group().address}`).port)));
      await eventually(() => expect(pids.filter(isAlive)).toEqual([]), { timeoutMs: 35_000 });
    });
  }, 60_000);
});
