import type { Etcd } from '../../../tools/testbed/etcd.ts';
import { until } from '../../../tools/testbed/until.ts';
import { useEtcdCluster } from '../../support/etcdCluster.ts';
import { FaultProxy } from '../../support/faultProxy.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { type LedgerInstance, startLedger } from '../../support/ledgerInstance.ts';
import { startLoadBalancer } from '../../support/loadBalancer.ts';

/**
 * One of three etcd members fails under load. A quorum answers, so no lease is lost and no peer
 * leaves a view, however an instance knows the members. `FAULT_SECONDS` lengthens each fault.
 */
checkForLeaks();

const faultMs = 1000 * Number(process.env.FAULT_SECONDS ?? 7);
/** The default. An election takes up to two seconds of it. */
const leaseTtlSeconds = 5;
const ways = ['by address', 'by name', 'through one load balancer'] as const;
const idOf = (way: string, nth: number): string => `${way.replaceAll(' ', '-')}-${nth}`;
const ids = ways.flatMap((way) => [idOf(way, 1), idOf(way, 2)]);

describe('with one of three etcd members out of order', () => {
  const cluster = useEtcdCluster();
  const proxies = new Map<Etcd, FaultProxy>();
  const cleanUps: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    for (const member of cluster().members) {
      proxies.set(member, await FaultProxy.start({ host: '127.0.0.1', port: portOf(member) }));
    }
  });
  afterAll(() => Promise.all([...proxies.values()].map((proxy) => proxy.stop())));
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  const portOf = ({ endpoint }: Etcd): number => Number(new URL(endpoint).port);
  const proxyOf = (member: Etcd): FaultProxy => proxies.get(member) as FaultProxy;

  /** How an instance knows the members; two instances know them in each way. */
  async function endpointsByWay(): Promise<Record<(typeof ways)[number], string[]>> {
    const byAddress = cluster().members.map((member) => `http://${proxyOf(member).address}`);
    const ports = byAddress.map((endpoint) => Number(new URL(endpoint).port));
    const balancer = await startLoadBalancer(ports);
    cleanUps.push(() => balancer.stop());
    return {
      'by address': byAddress,
      'by name': byAddress.map((endpoint) => endpoint.replace('127.0.0.1', 'localhost')),
      'through one load balancer': [`http://${balancer.address}`],
    };
  }

  const faults: Record<string, (member: Etcd) => Promise<void>> = {
    killed: async (member) => {
      cleanUps.push(() => member.restart('kept'));
      await member.kill();
    },
    frozen: async (member) => {
      cleanUps.push(async () => member.process.resume());
      member.process.pause();
    },
    '500 ms late': async (member) => {
      cleanUps.push(async () => {
        proxyOf(member).fault = { kind: 'none' };
      });
      proxyOf(member).fault = { kind: 'delay', ms: 250 };
    },
    'cut off without a word': async (member) => {
      cleanUps.push(async () => {
        proxyOf(member).fault = { kind: 'none' };
      });
      proxyOf(member).fault = { kind: 'loss', direction: 'to-client' };
    },
  };

  it.each(
    Object.keys(faults).flatMap((fault) => [
      [fault, 'leader'],
      [fault, 'follower'],
    ]),
  )(
    'keeps every lease and every peer while one member is %s, the %s',
    async (fault, role) => {
      const endpoints = await endpointsByWay();
      const leader = await cluster().leader();
      const follower = cluster().members.find((member) => member !== leader) as Etcd;
      const joined: string[] = [];
      const problems: string[] = [];
      const instances = ways.flatMap((way) =>
        [1, 2].map((nth) => {
          const id = idOf(way, nth);
          return startLedger(id, endpoints[way], {
            leaseTtlSeconds,
            checkIntervalMs: 0,
            onState: (state) => {
              if (state.kind === 'joined') joined.push(id);
              if (state.kind === 'joining' && state.problem !== undefined) {
                problems.push(`${id}: ${state.problem}`);
              }
            },
          });
        }),
      );
      cleanUps.push(async () => {
        await Promise.all(instances.map((instance) => instance.stop()));
      });
      await until(() => instances.every(seesAll), { what: 'all to see each other' });
      const stopLoad = load(instances);
      cleanUps.push(async () => stopLoad());

      joined.length = 0;
      problems.length = 0;
      await (faults[fault] as (member: Etcd) => Promise<void>)(role === 'leader' ? leader : follower);
      const missing: string[] = [];
      const endMs = performance.now() + faultMs;
      while (performance.now() < endMs) {
        missing.push(...ids.filter((_id, nth) => !seesAll(instances[nth] as LedgerInstance)));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect({ joined, problems, missing }).toEqual({ joined: [], problems: [], missing: [] });
      stopLoad();
      await until(() => instances.every(({ ledger }) => ledger.inFlight('10.0.0.1:8000') === 0), {
        what: 'the counts to reach all views',
      });
    },
    60_000 + faultMs,
  );
});

function seesAll({ ledger, store }: LedgerInstance): boolean {
  return store.state.kind === 'joined' && ids.every((id) => ledger.instances.has(id));
}

/** Each instance has requests that begin and end all the time. */
function load(instances: readonly LedgerInstance[]): () => void {
  const timer = setInterval(() => {
    for (const { ledger } of instances) {
      const reservation = ledger.reserve('10.0.0.1:8000');
      setTimeout(() => reservation.release(), 15);
    }
  }, 20);
  return () => clearInterval(timer);
}
