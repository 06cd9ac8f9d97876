import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RecordChange } from '../../../src/etcd/records.ts';
import { keepRegistered } from '../../../src/pool/keepRegistered.ts';
import type { RegistrationStore } from '../../../src/pool/registeredRecord.ts';
import type { Registration } from '../../../src/pool/registration.ts';
import { eventually } from '../../support/eventually.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { RecordedReport } from './recordedReport.ts';

checkForLeaks();

type Listeners = Parameters<RegistrationStore['start']>[0];

class FakeStore implements RegistrationStore {
  readonly #records: Map<string, string>;
  reportState: Listeners['onState'] = () => {};

  constructor(records: Map<string, string>) {
    this.#records = records;
  }
  start({ onState }: Listeners): void {
    this.reportState = onState;
    onState({ kind: 'joined' });
  }
  inspect() {
    const entries = [...this.#records].map(
      ([key, text]) => [key, { revision: 1, leaseId: '7', value: Buffer.from(text) }] as const,
    );
    return { leaseId: '7', read: async () => ({ revision: 1, records: new Map(entries) }) };
  }
  async change(changes: readonly RecordChange[]): Promise<void> {
    for (const change of changes) {
      if (change.kind === 'put') this.#records.set(change.key, Buffer.from(change.value).toString());
    }
  }
  async stop(): Promise<void> {
    this.#records.clear();
    this.reportState({ kind: 'stopped' });
  }
}

function registering(health?: URL) {
  const endpoint = { address: '10.0.0.1:80', weight: 1, labels: {}, models: [] };
  const registration: Registration = { endpoint, health };
  const records = new Map<string, string>();
  const stores: FakeStore[] = [];
  const stop = new AbortController();
  const report = new RecordedReport();
  const ended = keepRegistered(registration, {
    openStore: () => {
      const store = new FakeStore(records);
      stores.push(store);
      return store;
    },
    encode: ({ address }) => Buffer.from(`record of ${address}`),
    log: report.log,
    signal: stop.signal,
    healthIntervalMs: 3,
    // A slow machine is no failure of the pod.
    healthTimeoutMs: 60_000,
  });
  return { records, stores, stop, report, ended };
}

describe('when no health URL is given', () => {
  it('is registered at once, until its signal aborts', async () => {
    const { records, stop, ended } = registering();
    await eventually(() => records.size > 0);
    expect([...records]).toEqual([['10.0.0.1:80', 'record of 10.0.0.1:80']]);
    stop.abort();
    await ended;
    expect(records.size).toBe(0);
  });

  it('ends when its signal was aborted before it began', async () => {
    const { stop, ended, records } = registering();
    stop.abort();
    await ended;
    expect(records.size).toBe(0);
  });
});

describe('when a health URL is given', () => {
  it('is registered only while that answers 2xx', async () => {
    let status = 503;
    let probes = 0;
    const server = createServer((_, response) => {
      probes++;
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/health`);
    const { records, stores, stop, ended } = registering(url);
    await eventually(() => probes > 3);
    expect(stores).toHaveLength(0);
    status = 200;
    await eventually(() => records.size === 1);
    status = 500;
    await eventually(() => records.size === 0);
    status = 200;
    await eventually(() => records.size === 1);
    expect(stores).toHaveLength(2);
    stop.abort();
    await ended;
    server.close();
    expect(records.size).toBe(0);
  });
});

describe('when the store cannot be reached', () => {
  it('logs each reason once', async () => {
    const { stores, stop, report, ended } = registering();
    await eventually(() => stores.length > 0);
    for (const problem of ['refused', 'refused', 'wrong password'])
      stores[0]?.reportState({ kind: 'joining', problem });
    stop.abort();
    await ended;
    expect(report.reasons).toEqual(['refused', 'wrong password']);
  });
});
