import { connect } from '../../../src/etcd/client.ts';
import type { Baton } from '../../../tools/testbed/baton.ts';
import type { Etcd } from '../../../tools/testbed/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { type Fault, FaultProxy } from '../../support/faultProxy.ts';
import { noClientNotices, shortStreams } from '../../support/faultRow.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { envoyAsks, useTopology } from '../../support/topology.ts';
import { areDegraded, knowsPeers, regrantsOf, shareAgain } from '../../support/views.ts';

/** A bad line between one instance and etcd, while another has a good one. */
checkForLeaks();

describe('with two instances, one of them on a line to etcd that can be made bad', () => {
  const topology = useTopology({
    baton: { pool: { probe: { timeoutMs: 5_000 } }, drain: { noticeMs: 100, quietMs: 100 } },
    podFlags: shortStreams,
  });
  const both = () => topology().instances as [Baton, Baton];
  const etcd = () => topology().etcd as Etcd;
  let line: FaultProxy;

  beforeAll(async () => {
    line = await FaultProxy.start({ host: '127.0.0.1', port: Number(new URL(etcd().endpoint).port) });
  });
  afterAll(() => line.stop());
  afterEach(() => {
    line.fault = { kind: 'none' };
  });

  /** Brings the first instance onto the bad line, with a lease of this length. */
  async function useLine(leaseTtlSeconds: number): Promise<void> {
    const [a, b] = both();
    await a.stopCleanly();
    await a.start({ etcd: { endpoints: [`http://${line.address}`], leaseTtlSeconds } });
    await envoyAsks(topology(), [a, b]);
    await shareAgain([a, b]);
  }

  describe('for longer than its lease', () => {
    beforeAll(() => useLine(2), 60_000);

    it.each<[string, Fault]>([
      ['cut', { kind: 'cut' }],
      ['deaf to etcd', { kind: 'loss', direction: 'to-client' }],
      ['mute to etcd', { kind: 'loss', direction: 'to-server' }],
      ['trickling', { kind: 'trickle', bytes: 1, everyMs: 100 }],
    ])(
      'loses no request while the line is %s, and shares again when it is good',
      async (row, fault) => {
        const [a, b] = both();
        await noClientNotices(topology(), `line to etcd ${row}`, async ({ servedAnew, took }) => {
          line.fault = fault;
          await Promise.all([took('degraded', areDegraded([a])), took('counts gone', knowsPeers(b, 0))]);
          await servedAnew();
          line.fault = { kind: 'none' };
          await took('both share', shareAgain([a, b]));
          await servedAnew();
        });
      },
      180_000,
    );
  });

  describe('for less than its lease', () => {
    beforeAll(() => useLine(60), 60_000);

    it('loses no request and no lease while everything comes 500 ms late', async () => {
      const [a, b] = both();
      await noClientNotices(topology(), 'line to etcd 500 ms late', async ({ servedAnew, note }) => {
        const regrants = await regrantsOf(a);
        line.fault = { kind: 'delay', ms: 500 };
        const lag = async () => (await a.state()).store.syncLagMs?.last ?? 0;
        await eventually(async () => expect(await lag()).toBeGreaterThan(500), { timeoutMs: 30_000 });
        await servedAnew();
        note('sync lag', `${Math.round(await lag())} ms`);
        await shareAgain([a, b]);
        expect(await regrantsOf(a)).toBe(regrants);
      });
    }, 180_000);

    it('loses no request when what it missed is compacted away, and reads everything again', async () => {
      const [a, b] = both();
      await noClientNotices(topology(), 'watch compacted away', async ({ servedAnew, took }) => {
        const regrants = await regrantsOf(a);
        line.fault = { kind: 'cut' };
        await eventually(async () => expect((await a.state()).store.viewAgeMs).toBeGreaterThan(0));
        await servedAnew();
        await compactAll(etcd());
        line.fault = { kind: 'none' };
        await took('both share', shareAgain([a, b]));
        expect(await regrantsOf(a)).toBe(regrants);
        await servedAnew();
      });
    }, 180_000);
  });
});

/** Of all that has happened, etcd keeps only how it is now. */
async function compactAll({ endpoint }: Etcd): Promise<void> {
  const { keys, close } = connect({ endpoints: [endpoint], requestTimeoutMs: 10_000 }, '/elsewhere/');
  try {
    const { header } = await keys.put('mark').value('1').exec();
    await keys.kv.compact({ revision: header.revision, physical: true });
  } finally {
    close();
  }
}
