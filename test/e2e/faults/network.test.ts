import { connect } from '../../../src/etcd/client.ts';
import type { Baton } from '../../../tools/testbed/baton.ts';
import type { Etcd } from '../../../tools/testbed/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { type Fault, FaultProxy } from '../../support/faultProxy.ts';
import { noClientNotices, shortStreams } from '../../support/faultRow.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { envoyRoutesTo, useTopology } from '../../support/topology.ts';
import { allHaveJoined, areDegraded, hasPeers, regrantsOf } from '../../support/views.ts';

/** Network faults between one instance and etcd; the other instance has none. */
checkForLeaks();

describe('with two instances, one of them behind a fault proxy to etcd', () => {
  const topology = useTopology({
    baton: { pool: { probe: { timeoutMs: 5_000 } }, drain: { noticeMs: 100, quietMs: 100 } },
    podFlags: shortStreams,
  });
  const both = () => topology().instances as [Baton, Baton];
  const etcd = () => topology().etcd as Etcd;
  let proxy: FaultProxy;

  beforeAll(async () => {
    proxy = await FaultProxy.start({ host: '127.0.0.1', port: Number(new URL(etcd().endpoint).port) });
  });
  afterAll(() => proxy.stop());
  afterEach(() => {
    proxy.fault = { kind: 'none' };
  });

  /** Restarts the first instance behind the proxy, with a lease of this length. */
  async function useProxy(leaseTtlSeconds: number): Promise<void> {
    const [a, b] = both();
    await a.stopCleanly();
    await a.start({ etcd: { endpoints: [`http://${proxy.address}`], leaseTtlSeconds } });
    await envoyRoutesTo(topology(), [a, b]);
    await allHaveJoined([a, b]);
  }

  describe('for longer than its lease', () => {
    beforeAll(() => useProxy(2), 60_000);

    it.each<[string, Fault]>([
      ['cut', { kind: 'cut' }],
      ['silent from etcd', { kind: 'loss', direction: 'to-client' }],
      ['silent to etcd', { kind: 'loss', direction: 'to-server' }],
      ['trickling', { kind: 'trickle', bytes: 1, everyMs: 100 }],
    ])(
      'loses no request while the connection is %s, and shares again afterwards',
      async (row, fault) => {
        const [a, b] = both();
        await noClientNotices(
          topology(),
          `connection to etcd ${row}`,
          async ({ allServedAgain, measure }) => {
            proxy.fault = fault;
            await Promise.all([
              measure('degraded', areDegraded([a])),
              measure('counts dropped', hasPeers(b, 0)),
            ]);
            await allServedAgain();
            proxy.fault = { kind: 'none' };
            await measure('both share', allHaveJoined([a, b]));
            await allServedAgain();
          },
        );
      },
      180_000,
    );
  });

  describe('for less than its lease', () => {
    beforeAll(() => useProxy(60), 60_000);

    it('loses no request and no lease at a delay of 500 ms', async () => {
      const [a, b] = both();
      await noClientNotices(
        topology(),
        'connection to etcd 500 ms late',
        async ({ allServedAgain, record }) => {
          const regrants = await regrantsOf(a);
          proxy.fault = { kind: 'delay', ms: 500 };
          const lag = async () => (await a.state()).store.syncLagMs?.last ?? 0;
          await eventually(async () => expect(await lag()).toBeGreaterThan(500), { timeoutMs: 30_000 });
          await allServedAgain();
          record('sync lag', `${Math.round(await lag())} ms`);
          await allHaveJoined([a, b]);
          expect(await regrantsOf(a)).toBe(regrants);
        },
      );
    }, 180_000);

    it('loses no request when missed events are compacted, and reads everything again', async () => {
      const [a, b] = both();
      await noClientNotices(topology(), 'watch compacted', async ({ allServedAgain, measure }) => {
        const regrants = await regrantsOf(a);
        proxy.fault = { kind: 'cut' };
        await eventually(async () => expect((await a.state()).store.viewAgeMs).toBeGreaterThan(0));
        await allServedAgain();
        await compactAll(etcd());
        proxy.fault = { kind: 'none' };
        await measure('both share', allHaveJoined([a, b]));
        expect(await regrantsOf(a)).toBe(regrants);
        await allServedAgain();
      });
    }, 180_000);
  });
});

/** Compacts etcd's history to the current revision. */
async function compactAll({ endpoint }: Etcd): Promise<void> {
  const { keys, close } = connect({ endpoints: [endpoint], requestTimeoutMs: 10_000 }, '/elsewhere/');
  try {
    const { header } = await keys.put('mark').value('1').exec();
    await keys.kv.compact({ revision: header.revision, physical: true });
  } finally {
    close();
  }
}
