import { StaticSource } from '../../../src/pool/staticSource.ts';
import type { Endpoint } from '../../../src/scheduling/endpoint.ts';
import { RecordedReport } from './recordedReport.ts';

const options = () => ({
  dnsRefreshMs: 60_000,
  report: new RecordedReport(),
  resolveHost: async () => ['10.0.0.9'],
});

describe('when the configured list is sound', () => {
  it('tells its endpoints before start resolves', async () => {
    const told: (readonly Endpoint[])[] = [];
    const source = new StaticSource(['10.0.0.1:80', { address: 'pods:80', slots: 4 }], options());
    await source.start((endpoints) => told.push(endpoints));
    await source.stop();
    await source.stop();
    expect(told[0]).toEqual([{ address: '10.0.0.1:80', weight: 1, labels: {}, models: [] }]);
  });

  it('takes entries whose defaults are filled in already', async () => {
    const entry: Endpoint = { address: '10.0.0.1:80', weight: 1, labels: {}, models: [] };
    let told: readonly Endpoint[] = [];
    await new StaticSource([entry], options()).start((endpoints) => {
      told = endpoints;
    });
    expect(told).toEqual([entry]);
  });
});

describe('when the configured list is broken', () => {
  it('refuses to start and says why', async () => {
    const start = new StaticSource(['10.0.0.1'], options()).start(() => {});
    await expect(start).rejects.toThrow(
      /pool\.endpoints\[0\]: expected an address .*no port.*not "10\.0\.0\.1"/,
    );
  });
});
