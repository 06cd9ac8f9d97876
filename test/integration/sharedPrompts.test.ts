import { connect, type EtcdClient } from '../../src/etcd/client.ts';
import { encodePodPrefixes, encodePrefixLog } from '../../src/proto/records/prefixRecords.ts';
import { prefillWork } from '../../src/scheduling/prefillWork.ts';
import { until } from '../../tools/testbed/until.ts';
import { endpoints } from '../support/endpoints.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { chainedCuts } from '../support/promptCuts.ts';
import { PromptInstance, type PromptInstanceOptions } from '../support/promptInstance.ts';
import { startTestEtcd } from '../support/testEtcd.ts';

/** Instances that share through a real etcd which prompts went to which pods. */
checkForLeaks();

const pods = endpoints(4);
const [pod1, pod2] = pods as [(typeof pods)[0], (typeof pods)[0]];
const prefix = '/baton/v1/test/';

let running: Awaited<ReturnType<typeof startTestEtcd>>;
let client: EtcdClient;
const started: PromptInstance[] = [];

function start(id: string, options: PromptInstanceOptions = {}): Promise<PromptInstance> {
  const instance = new PromptInstance(id, running.etcd.endpoint, pods, options);
  started.push(instance);
  return instance.joined();
}

/** It runs no more. */
function remove(instance: PromptInstance): void {
  started.splice(started.indexOf(instance), 1);
}

const keysOf = async (kind: string): Promise<string[]> =>
  (await client.keys.getAll().prefix(kind).keys()).map((key) => key.replace(prefix, ''));

describe('instances on one etcd', () => {
  beforeAll(async () => {
    running = await startTestEtcd();
    client = connect({ endpoints: [running.etcd.endpoint], requestTimeoutMs: 5_000 }, prefix);
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((instance) => instance.stop()));
    await client.keys.delete().all();
  });
  afterAll(async () => {
    client.close();
    await running.stop();
  });

  describe('what one instance placed', () => {
    it('is found by the others, within a second', async () => {
      const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((id) => start(id)));
      a?.place(chainedCuts(1, 30), pod1);
      b?.place(chainedCuts(2, 30), pod2);
      for (const instance of [a, b, c]) {
        await instance?.untilKnows(chainedCuts(1, 30), pod1);
        await instance?.untilKnows(chainedCuts(2, 30), pod2);
        expect(instance?.knows(chainedCuts(1, 30), pod2)).toBe(0);
      }
    });

    it('counts as tokens that wait, until it is answered', async () => {
      const [a, b] = await Promise.all([start('a'), start('b')]);
      const before = a.place(chainedCuts(1, 10), pod1);
      await until(() => b.instance.ledger.inFlight(pod1.address) === 1, { what: 'b to see a request' });
      const tokens = b.instance.ledger.assignedTokens(pod1.address) as number;
      const prompt = chainedCuts(2, 30);
      const work = Math.round(prefillWork(prompt.totalTokens, 0));
      const reservation = a.place(prompt, pod1);
      await until(() => b.instance.ledger.assignedTokens(pod1.address) === tokens + work, {
        what: 'b to see its tokens',
      });
      before.release();
      reservation.release();
      await until(() => b.instance.ledger.inFlight(pod1.address) === 0, { what: 'b to see none' });
      expect(b.instance.ledger.assignedTokens(pod1.address)).toBe(tokens + work);
    });

    it.each(['stop', 'crash'] as const)(
      'stays known after its %s, also to one that starts later',
      async (how) => {
        const [a, b] = await Promise.all([start('a'), start('b')]);
        a.place(chainedCuts(1, 30), pod1);
        await b.untilKnows(chainedCuts(1, 30), pod1);
        remove(a);
        await a[how]();
        const late = await start('late');
        expect(late.entriesWhenJoined).toBe(30);
        expect([b, late].map((instance) => instance.knows(chainedCuts(1, 30), pod1))).toEqual([30, 30]);
      },
    );

    it('is written when it stops, however soon that is', async () => {
      const [a, b] = await Promise.all([start('a'), start('b')]);
      a.place(chainedCuts(1, 30), pod1);
      remove(a);
      await a.stop();
      await b.untilKnows(chainedCuts(1, 30), pod1);
    });

    it('is known to a fleet of which all were killed, under a lease of ten minutes', async () => {
      const fleet = await Promise.all([start('a'), start('b')]);
      fleet[0]?.place(chainedCuts(1, 30), pod1);
      await fleet[1]?.untilKnows(chainedCuts(1, 30), pod1);
      for (const instance of fleet) {
        remove(instance);
        await instance.crash();
      }
      await until(async () => (await keysOf('load/')).length === 0, { what: 'the counts to be gone' });
      const { kvs } = await client.keys.getAll().prefix('prefix/').exec();
      expect(kvs.length).toBeGreaterThan(0);
      for (const { lease } of kvs) {
        const { grantedTTL, TTL } = await client.members.request<{ grantedTTL: string; TTL: string }>(
          'Lease',
          'leaseTimeToLive',
          { ID: lease },
        );
        expect([Number(grantedTTL), Number(TTL) > 500]).toEqual([600, true]);
      }
      // The same id in its next life.
      const again = await start('a', { startedUnixMs: Date.now() + 1 });
      expect(again.knows(chainedCuts(1, 30), pod1)).toBe(30);
    });
  });

  describe('the memory of a pod', () => {
    it('is in one record, written by one instance, that is enough for one that joins', async () => {
      const [a, b] = await Promise.all([start('a'), start('b')]);
      for (const [nth, pod] of pods.entries()) a.place(chainedCuts(nth, 30), pod);
      await until(async () => (await keysOf('prefix/pods/')).length === pods.length, {
        what: 'a record of each pod',
      });
      expect([a, b].every(({ metrics }) => metrics.prefixWriteFailures.of() === 0)).toBe(true);
      await client.keys.delete().prefix('prefix/log/');
      const late = await start('late');
      for (const [nth, pod] of pods.entries()) expect(late.knows(chainedCuts(nth, 30), pod)).toBe(30);
    });

    it('is written by the one that stays, when the other stops', async () => {
      const [a, b] = await Promise.all([start('a'), start('b')]);
      remove(a);
      await a.stop();
      for (const [nth, pod] of pods.entries()) b.place(chainedCuts(nth, 30), pod);
      await until(async () => (await keysOf('prefix/pods/')).length === pods.length, {
        what: 'a record of each pod',
      });
    });
  });

  describe('while etcd is away', () => {
    it('each goes on with what it knows and places, and tells the others when it is back', async () => {
      const [a, b] = await Promise.all([start('a'), start('b')]);
      a.place(chainedCuts(1, 30), pod1);
      await b.untilKnows(chainedCuts(1, 30), pod1);
      running.etcd.process.signal('SIGSTOP');
      try {
        await until(() => [a, b].every(({ instance }) => instance.store.state.kind !== 'joined'), {
          what: 'both to be without etcd',
          timeoutMs: 20_000,
        });
        a.place(chainedCuts(2, 30), pod2);
        expect(
          [1, 2].map((chain, nth) => a.knows(chainedCuts(chain, 30), [pod1, pod2][nth] ?? pod1)),
        ).toEqual([30, 30]);
        expect(b.knows(chainedCuts(1, 30), pod1)).toBe(30);
        expect(a.shared.report()).toMatchObject({ waitingKeys: 30 });
      } finally {
        running.etcd.process.signal('SIGCONT');
      }
      await b.untilKnows(chainedCuts(2, 30), pod2);
      expect(a.shared.report()).toMatchObject({ waitingKeys: 0, waitingMs: 0 });
    });
  });

  describe('when etcd has lost the lease of ten minutes', () => {
    it('an instance takes another one, and goes on', async () => {
      const [a, b] = await Promise.all([start('a'), start('b')]);
      a.place(chainedCuts(1, 30), pod1);
      await b.untilKnows(chainedCuts(1, 30), pod1);
      const { kvs } = await client.keys.getAll().prefix('prefix/log/a/').exec();
      await client.members.request('Lease', 'leaseRevoke', { ID: kvs[0]?.lease });
      expect(await keysOf('prefix/log/a/')).toEqual([]);
      a.place(chainedCuts(2, 30), pod1);
      await b.untilKnows(chainedCuts(2, 30), pod1);
      expect(b.knows(chainedCuts(1, 30), pod1)).toBe(30);
    });
  });

  describe('releases that hash differently', () => {
    const writes = (scheme: number, ...instances: Awaited<ReturnType<typeof start>>[]): boolean =>
      instances.every(({ shared }) => shared.report().scheme === scheme);

    it('write what the oldest knows, and the newer form when that has left', async () => {
      const [old, young] = await Promise.all([start('old'), start('young', { schemes: [1, 2] })]);
      await until(() => writes(1, old, young), { what: 'both to write the older form' });
      young.place(chainedCuts(1, 30), pod1);
      await old.untilKnows(chainedCuts(1, 30), pod1);
      remove(old);
      await old.stop();
      await until(() => young.instance.ledger.instances.size === 1, { what: 'the newer to be alone' });
      // It may come back.
      const back = await start('old');
      expect(back.knows(chainedCuts(1, 30), pod1)).toBe(30);
      remove(back);
      await back.stop();
      await until(() => young.instance.ledger.instances.size === 1, { what: 'the newer to be alone' });
      const again = await start('again', { schemes: [1, 2] });
      await until(() => writes(1, young, again), { what: 'both to write the older form' });
      await until(
        () => {
          for (const instance of [young, again]) instance.aheadMs += 600_000;
          return writes(2, young, again);
        },
        { what: 'the newer form' },
      );
      young.place(chainedCuts(2, 30), pod1);
      await again.untilKnows(chainedCuts(2, 30), pod1);
    });

    it('skip what they do not know', async () => {
      const skipped: string[] = [];
      const old = await start('old', { skipped });
      const young = await start('young', { schemes: [2] });
      young.place(chainedCuts(1, 30), pod1);
      await until(() => skipped.includes('prefixLog'), { what: 'the older to skip a record' });
      expect(old.knows(chainedCuts(1, 30), pod1)).toBe(0);
    });
  });

  describe('records that are none', () => {
    it('are skipped one by one, and those beside them are used', async () => {
      const skipped: string[] = [];
      const a = await start('a', { skipped });
      const keys = chainedCuts(1, 30).keys;
      const entries = { clockTokens: 10_000, firstStamp: 1, groups: [{ stamp: 40, keys }] };
      const absurd = { clockTokens: 10_000, firstStamp: 1, groups: [{ stamp: 41, keys }] };
      const lease = client.keys.lease(60);
      const records: readonly (readonly [string, Uint8Array])[] = [
        ['prefix/pods/not an address', encodePodPrefixes({ hashingScheme: 1, entries })],
        [`prefix/pods/${pod1.address}`, encodePodPrefixes({ hashingScheme: 1, entries: absurd })],
        ['prefix/log/x/1', Buffer.from('no record at all')],
        ['prefix/log/!/1', encodePrefixLog({ hashingScheme: 1, startedUnixMs: 1, pods: [] })],
        [`prefix/pods/${pod2.address}`, encodePodPrefixes({ hashingScheme: 1, entries })],
      ];
      for (const [key, value] of records) await lease.put(key).value(Buffer.from(value));
      await a.untilKnows(chainedCuts(1, 30), pod2);
      await until(() => skipped.length === 3, { what: 'three records to be skipped' });
      expect(a.knows(chainedCuts(1, 30), pod1)).toBe(0);
      await lease.revoke();
    });
  });

  describe('what sharing writes', () => {
    it('stays within its budget, long prompts first', async () => {
      const a = await start('a', { bytesPerSecond: 1_024 });
      await start('b');
      // 512 bytes a second for each of two instances, half of them for the log: 1,280 bytes in 5 s.
      for (let chain = 0; chain < 20; chain += 1) a.place(chainedCuts(chain, 20), pod1);
      a.place(chainedCuts(1_000, 100), pod2);
      await until(() => a.metrics.prefixWrittenBytes.of('log') > 0, { what: 'a write' });
      expect(a.metrics.prefixKeysLeftOut.of()).toBe(400);
      expect(a.metrics.prefixWrittenBytes.of('log')).toBeLessThan(1_280);
    });
  });
});
