import { readdir } from 'node:fs/promises';
import { Agent } from 'node:http';
import type { Baton } from '../../tools/testbed/baton.ts';
import { isFree } from '../../tools/testbed/ports.ts';
import { sendSseRequest } from '../../tools/testbed/sseRequest.ts';
import { eventually } from '../support/eventually.ts';
import { shortStreams } from '../support/faultRow.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { RawClient } from '../support/rawHttp2.ts';
import { whileClientsStream } from '../support/sseClients.ts';
import { envoyAsks, useTopology } from '../support/topology.ts';
import { allHaveStreams, allSee, healthAnswer, isAlive, workerPids } from '../support/workers.ts';

/** Two workers that share one port, behind an Envoy whose two threads have a connection each. */
checkForLeaks();

const two = 2;

describe('with two workers on one port', () => {
  const topology = useTopology({
    instances: 1,
    envoyThreads: 2,
    podFlags: shortStreams,
    baton: {
      // Only this transport can be handed connections.
      server: { workers: two, transport: 'builtin' },
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
      // Several processes load their code at once.
      await group().waitUntilReady(60_000);
    }
    await envoyAsks(topology(), [group()]);
    await allSee(group(), two, 0);
  });

  it('gives both of them streams, and both see all of them', async () => {
    await whileClientsStream(topology(), () => allHaveStreams(group(), two));
    const agent = new Agent();
    const leave = new AbortController();
    const headers = { 'x-podsim-fault': 'hang' };
    const held = Array.from({ length: 9 }, () =>
      sendSseRequest({ url: topology().chatUrl, agent, headers, signal: leave.signal, timeoutMs: 600_000 }),
    );
    try {
      await allSee(group(), two, held.length);
    } finally {
      leave.abort();
      await Promise.all(held);
      agent.destroy();
    }
  }, 60_000);

  it('loses no request at kill -9 of one; the port serves on, and the next one gets its share', async () => {
    const killed = pidOf(2);
    await whileClientsStream(topology(), async (servedAnew) => {
      await allHaveStreams(group(), two);
      process.kill(killed, 'SIGKILL');
      await eventually(() => expect(pidOf(2)).not.toBe(killed));
      // Whoever is asked, also while the next one starts.
      for (let asked = 0; asked < 5; asked += 1) expect(await healthAnswer(group())).toBe('SERVING');
      await servedAnew();
      await allHaveStreams(group(), two);
    });
  }, 60_000);

  it('ends a worker that does not run, without a request lost', async () => {
    const frozen = pidOf(1);
    await whileClientsStream(topology(), async (servedAnew) => {
      process.kill(frozen, 'SIGSTOP');
      await eventually(() => expect(pidOf(1)).not.toBe(frozen), { timeoutMs: 30_000 });
      await servedAnew();
      await allHaveStreams(group(), two);
    });
  }, 60_000);

  it('closes what a worker was handed and never took, so that its client comes again', async () => {
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

  it('drains both at SIGTERM, says so on every connection, and loses no request', async () => {
    await whileClientsStream(topology(), async () => {
      await allHaveStreams(group(), two);
      const saysNo = group().process.nextLine(/"the port takes no traffic"/);
      const ended = group().stop();
      await saysNo;
      for (let asked = 0; asked < 5; asked += 1) expect(await healthAnswer(group())).toBe('NOT_SERVING');
      expect(await ended).toEqual({ code: 0, signal: null });
    });
    const drained = group()
      .process.output.lines()
      .filter((line) => line.includes('"drained"'))
      .map((line) => JSON.parse(line));
    expect(drained).toMatchObject([{ halfClosed: 0 }, { halfClosed: 0 }]);
  }, 60_000);

  it('leaves neither a process nor the port behind at kill -9 of the parent, and loses no request', async () => {
    const pids = [...workerPids(group()).values()];
    await whileClientsStream(topology(), async () => {
      await allHaveStreams(group(), two);
      process.kill(group().process.pid, 'SIGKILL');
      await eventually(() => isFree(Number(new URL(`http://${group().address}`).port)));
      await eventually(() => expect(pids.filter(isAlive)).toEqual([]), { timeoutMs: 35_000 });
    });
  }, 60_000);
});
