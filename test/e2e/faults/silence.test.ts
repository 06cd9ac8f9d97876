import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Baton } from '../../../tools/testbed/baton.ts';
import type { EnvoyBootstrap } from '../../../tools/testbed/envoyAddresses.ts';
import type { Pod } from '../../../tools/testbed/pod.ts';
import { SseLoad } from '../../../tools/testbed/sseLoad.ts';
import { allCountsReturnToZero } from '../../support/counts.ts';
import { eventually } from '../../support/eventually.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { useTopology } from '../../support/topology.ts';

/** Peers that fall silent: a pod that hangs, a scheduler that is frozen, a client that is gone. */
checkForLeaks();

const longWait = { timeoutMs: 20_000 };
const halfRequest = [
  'POST /v1/chat/completions HTTP/1.1',
  'host: x',
  'content-type: application/json',
  'content-length: 1000',
  '',
  'half a body',
].join('\r\n');

describe('with the limits on silence of the Envoy file shortened to 2 and 3 s', () => {
  const topology = useTopology({
    podFlags: { 'ttft-ms': 50, 'token-ms': 50, tokens: 10, slots: 128 },
    amendEnvoy: shortenLimits,
  });

  it('ends every request to a pod that hangs, and counts none of them any more', async () => {
    const { chatUrl, pods } = topology();
    const [hung] = pods as [Pod];
    const load = new SseLoad({
      url: chatUrl,
      pace: { kind: 'open', requestsPerSecond: 60 },
      durationMs: 4_000,
    });
    const ended = load.start();
    await eventually(async () => expect((await hung.state()).running).toBeGreaterThan(3), longWait);
    hung.process.pause();
    try {
      const { failed, cut, problems, latencyMs } = await ended;
      process.stdout.write(`hung pod: failed ${failed}, cut ${cut}, slowest ${latencyMs?.max} ms\n`);
      // Those that it held, and those of the first second or two, until its probes fail.
      expect(failed + cut).toBeGreaterThan(0);
      expect(failed + cut).toBeLessThan(90);
      for (const problem of problems) expect(problem).toMatch(/^cut by pod-1 |^failed after .*: status 504/);
      await allCountsReturnToZero(topology());
    } finally {
      hung.process.resume();
    }
  }, 60_000);

  it('ends a request whose client sends half a body and nothing more', async () => {
    const { hostname, port } = new URL(topology().envoy.url);
    const client = connect(Number(port), hostname);
    client.on('error', () => {});
    client.write(halfRequest);
    try {
      await eventually(async () => expect(await localCount()).toBe(1), longWait);
      await allCountsReturnToZero(topology());
    } finally {
      client.destroy();
    }
  }, 60_000);

  it('has TCP keepalive on the connections of clients and pods', async () => {
    const { hostname, port } = new URL(topology().envoy.url);
    const client = connect(Number(port), hostname);
    try {
      client.write(halfRequest);
      await eventually(async () => expect(await localCount()).toBe(1), longWait);
      const timers = await keepaliveTimers();
      expect(timers.filter(({ localPort }) => localPort === Number(port))).not.toEqual([]);
      const podPorts = topology().pods.map(({ address }) => Number(address.split(':')[1]));
      expect(timers.filter(({ remotePort }) => podPorts.includes(remotePort))).not.toEqual([]);
    } finally {
      client.destroy();
    }
    await allCountsReturnToZero(topology());
  }, 60_000);

  const localCount = async () => {
    const states = await Promise.all(topology().instances.map((instance) => instance.state()));
    return states.flatMap(({ pool }) => pool.map(({ local }) => local)).reduce((sum, one) => sum + one, 0);
  };
});

describe('when one of two instances is frozen', () => {
  const topology = useTopology({
    podFlags: { 'ttft-ms': 30, 'token-ms': 10, tokens: 3, slots: 256 },
  });

  it('loses no request, and delays some by one message_timeout', async () => {
    const { instances, chatUrl, envoy } = topology();
    const [frozen, other] = instances as [Baton, Baton];
    const pace = { kind: 'open', requestsPerSecond: 100 } as const;
    const before = await new SseLoad({ url: chatUrl, pace, durationMs: 2_000 }).start();
    const load = new SseLoad({ url: chatUrl, pace, durationMs: 5_000 });
    const ended = load.start();
    await eventually(() => load.report().ok > 50, longWait);
    frozen.process.pause();
    try {
      await envoy.waitForHealthy('scheduler', [other.address]);
      const report = await ended;
      expect(report).toMatchObject({ failed: 0, cut: 0, problems: [] });
      // After it a request goes on without a decision, so it waits no second time. How long it is
      // stands in envoyConfigs.test.ts.
      const delayed = await envoy.stat('http.ingress.ext_proc.baton.message_timeouts');
      expect(delayed).toBeGreaterThan(0);
      const [usual, slow] = [before.latencyMs, report.latencyMs];
      process.stdout.write(
        `frozen instance: ${delayed} of ${report.sent} delayed, p99 ${usual?.p99.toFixed(0)} → ` +
          `${slow?.p99.toFixed(0)} ms, max ${usual?.max.toFixed(0)} → ${slow?.max.toFixed(0)} ms\n`,
      );
    } finally {
      frozen.process.resume();
    }
  }, 60_000);
});

function shortenLimits(bootstrap: EnvoyBootstrap): void {
  const [listener] = bootstrap.static_resources.listeners as unknown as [{ filter_chains: Chain[] }];
  const manager = listener.filter_chains[0]?.filters[0]?.typed_config;
  if (!manager) throw new Error('the Envoy configuration has no connection manager');
  manager.stream_idle_timeout = '3s';
  for (const { retry_policy } of manager.route_config.virtual_hosts) retry_policy.per_try_idle_timeout = '2s';
}

interface Chain {
  readonly filters: {
    typed_config: {
      stream_idle_timeout: string;
      route_config: { virtual_hosts: { retry_policy: Record<string, unknown> }[] };
    };
  }[];
}

interface KeepaliveTimer {
  readonly localPort: number;
  readonly remotePort: number;
}

/** The TCP connections of this machine whose keepalive timer runs (timer 2 of /proc/net/tcp). */
async function keepaliveTimers(): Promise<readonly KeepaliveTimer[]> {
  const [, ...rows] = (await readFile('/proc/net/tcp', 'utf8')).trim().split('\n');
  return rows.flatMap((row) => {
    const [, local = '', remote = '', , , timer = ''] = row.trim().split(/\s+/);
    if (!timer.startsWith('02:')) return [];
    const portOf = (address: string) => Number.parseInt(address.split(':')[1] ?? '', 16);
    return [{ localPort: portOf(local), remotePort: portOf(remote) }];
  });
}
