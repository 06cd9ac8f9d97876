import { resolutionOf } from '../../../src/pool/dns/lookup.ts';
import { StaticSource } from '../../../src/pool/staticSource.ts';
import type { Endpoint } from '../../../src/scheduling/endpoint.ts';
import { RecordedReport } from './recordedReport.ts';

const options = () => ({
  dnsRefreshMs: 60_000,
  report: new RecordedReport(),
  lookup: async () => resolutionOf(['10.0.0.9'], undefined),
});

describe('when the configured list is valid', () => {
  it('passes on its endpoints before start resolves', async () => {
    const updates: (readonly Endpoint[])[] = [];
    const source = new StaticSource(['10.0.0.1:80', { address: 'pods:80', slots: 4 }], options());
    await source.start((endpoints) => updates.push(endpoints));
    await source.stop();
    await source.stop();
    expect(updates[0]).toEqual([{ address: '10.0.0.1:80', weight: 1, labels: {}, models: [] }]);
  });

  it('accepts entries with their defaults filled in', async () => {
    const entry: Endpoint = { address: '10.0.0.1:80', weight: 1, labels: {}, models: [] };
    let updates: readonly Endpoint[] = [];
    await new StaticSource([entry], options()).start((endpoints) => {
      updates = endpoints;
    });
    expect(updates).toEqual([entry]);
  });
});

describe('when the configured list is broken', () => {
  it('rejects with the reason', async () => {
    const start = new StaticSource(['10.0.0.1'], options()).start(() => {});
    await expect(start).rejects.toThrow(
      /pool\.endpoints\[0\]: expected an address .*no port.*not "10\.0\.0\.1"/,
    );
  });
});
