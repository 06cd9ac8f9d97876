import { reportOfState, type StatusReport } from '../../../src/admin/statusReport.ts';
import { statusTable } from '../../../src/admin/statusTable.ts';
import { sampleState } from './sampleState.ts';

describe('the status of an instance with a peer', () => {
  it('shows both instances, and the load of all instances on each endpoint', () => {
    expect(statusTable(reportOfState(sampleState, 'default', 'admin 127.0.0.1:9090'))).toBe(
      `pool default, read from admin 127.0.0.1:9090

INSTANCE  PHASE     RELEASE  GENERATION  IN FLIGHT
baton-1   draining  1.0.0             1          7
baton-2   ready     1.1.0             2          3

ENDPOINT        READY  RESPONSES                  ENGINE         CACHE HITS  FIRST TOKEN  COUNTED  IN FLIGHT
10.0.0.2:8000   yes    trusted                    -              -           -            exact            6
10.0.0.10:8000  no     quarantined: server-error  6 run, 2 wait  63 %        210 ms       reading          9

15 requests in flight on 2 endpoints
`,
    );
  });
});

describe('the status table', () => {
  const unknown = { ready: null, health: null, reason: null, inFlight: 0, countedBy: null, reading: null };
  const empty: StatusReport = {
    pool: 'p',
    source: 'etcd http://127.0.0.1:2379',
    instances: [],
    endpoints: [],
    handedOff: 0,
    recordsSkipped: 0,
  };

  it('is empty without instances and endpoints', () => {
    expect(statusTable(empty)).toBe(
      'pool p, read from etcd http://127.0.0.1:2379\n\nNo instances.\n\nNo endpoints.\n',
    );
  });

  it('shows an unknown phase of a newer release, and unknown health', () => {
    const table = statusTable({
      ...empty,
      instances: [
        {
          id: 'a',
          release: '9',
          generation: 9,
          phase: null,
          degraded: null,
          withoutEndpoints: false,
          inFlight: 0,
        },
      ],
      endpoints: [{ ...unknown, address: '[::1]:80' }],
    });
    expect(table).toMatch(/^a +unknown +9 +9 +0$/m);
    expect(table).toMatch(/^\[::1\]:80 +- +- +- +- +- +- +0$/m);
  });

  it('shows what is wrong with an instance, and why READY is unknown', () => {
    const one = { id: 'a', release: '1', generation: 1, inFlight: 0 };
    const table = statusTable({
      ...empty,
      instances: [
        { ...one, phase: 'ready', degraded: true, withoutEndpoints: false },
        { ...one, id: 'b', phase: 'standby', degraded: null, withoutEndpoints: true },
      ],
      endpoints: [{ ...unknown, address: '10.0.0.1:80' }],
    });
    expect(table).toMatch(/^a +ready, degraded /m);
    expect(table).toMatch(/^b +standby, no endpoint ready /m);
    expect(table).toContain('READY is not in etcd');
  });

  it('shows requests that were handed off', () => {
    const endpoints = [{ ...unknown, address: '10.0.0.1:80', inFlight: 4.5 }];
    const table = statusTable({ ...empty, endpoints, handedOff: 2.5 });
    expect(table).toContain('\n2.5 of them were handed off by instances that have stopped\n');
  });

  it('shows the number of records that are not used', () => {
    expect(statusTable({ ...empty, recordsSkipped: 2 })).toContain(
      '2 records skipped: unreadable, too large',
    );
  });
});
