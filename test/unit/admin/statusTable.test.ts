import { reportOfState, type StatusReport } from '../../../src/admin/statusReport.ts';
import { statusTable } from '../../../src/admin/statusTable.ts';
import { sampleState } from './sampleState.ts';

describe('the status of an instance with a peer', () => {
  it('shows both instances, and the load of all on each endpoint', () => {
    expect(statusTable(reportOfState(sampleState, 'default', 'admin 127.0.0.1:9090'))).toBe(
      `pool default, asked admin 127.0.0.1:9090

INSTANCE  PHASE     RELEASE  GENERATION  IN FLIGHT
baton-1   draining  1.0.0             1          7
baton-2   ready     1.1.0             2          3

ENDPOINT        READY  IN FLIGHT
10.0.0.2:8000   yes            6
10.0.0.10:8000  no           3.5

9.5 requests in flight on 2 endpoints
`,
    );
  });
});

describe('the status table', () => {
  const empty: StatusReport = {
    pool: 'p',
    source: 'etcd http://127.0.0.1:2379',
    instances: [],
    endpoints: [],
    handedOff: 0,
    recordsSkipped: 0,
  };

  it('says so when there is nobody and nothing', () => {
    expect(statusTable(empty)).toBe(
      'pool p, asked etcd http://127.0.0.1:2379\n\nNo instance is alive.\n\nNo endpoint is known to be in use.\n',
    );
  });

  it('shows a phase of a newer release, and health that is not known', () => {
    const table = statusTable({
      ...empty,
      instances: [{ id: 'a', release: '9', generation: 9, phase: null, inFlight: 0 }],
      endpoints: [{ address: '[::1]:80', ready: null, inFlight: 0 }],
    });
    expect(table).toMatch(/^a +unknown +9 +9 +0$/m);
    expect(table).toMatch(/^\[::1\]:80 +- +0$/m);
  });

  it('tells of requests that outlived their instance', () => {
    const endpoints = [{ address: '10.0.0.1:80', ready: null, inFlight: 4.5 }];
    const table = statusTable({ ...empty, endpoints, handedOff: 2.5 });
    expect(table).toContain('\n2.5 of them were left behind by instances that have ended\n');
  });

  it('tells of records that could not be read', () => {
    expect(statusTable({ ...empty, recordsSkipped: 2 })).toContain('2 records could not be read');
  });
});
