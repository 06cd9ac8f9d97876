import { Lifecycle } from '../../../src/instance/lifecycle.ts';
import { Startup } from '../../../src/instance/startup.ts';
import { MemoryLedger } from '../../../src/ledger/memoryLedger.ts';
import type { Endpoint } from '../../../src/scheduling/endpoint.ts';
import { FakeClock } from '../../support/fakeClock.ts';

const waits = { storeWaitMs: 5_000, endpointWaitMs: 10_000, isPoolInStore: false };
const endpoint: Endpoint = { address: '10.0.0.1:8000', weight: 1, labels: {}, models: [] };

/** The startup of an instance without a store, with the endpoints that the test makes ready. */
function setUp() {
  const clock = new FakeClock();
  const lifecycle = new Lifecycle(clock);
  const changes: string[] = [];
  lifecycle.onChange(({ to, reason }) => changes.push(`${to}: ${reason}`));
  const ready: Endpoint[] = [];
  const pool = { all: () => [endpoint], ready: () => ready, onChange: () => () => {} };
  const sharing = { kind: 'memory', ledger: new MemoryLedger() } as const;
  const startup = new Startup({ lifecycle, pool, sharing, ...waits, clock });
  return { changes, clock, lifecycle, ready, startup };
}

describe('when an instance starts', () => {
  it('becomes ready once, as soon as it listens and an endpoint is ready', () => {
    const { changes, ready, startup } = setUp();
    startup.onListening('127.0.0.1:9002');
    expect(startup.readiness().reasons).toEqual(['none of 1 endpoints has passed its health probe']);
    startup.evaluate();
    expect(changes).toEqual([]);
    ready.push(endpoint);
    startup.evaluate();
    startup.evaluate();
    expect(changes).toEqual(['ready: startup complete']);
    expect(startup.readiness()).toEqual({ ready: true, reasons: [] });
  });

  it('becomes ready without an endpoint when startup.endpointWaitMs is over', () => {
    const { changes, clock, ready, startup } = setUp();
    startup.onListening('127.0.0.1:9002');
    startup.startEndpointWait();
    clock.advance(waits.endpointWaitMs - 1);
    expect(changes).toEqual([]);
    clock.advance(1);
    expect(changes).toEqual(['ready: startup complete without a ready endpoint']);
    ready.push(endpoint);
    startup.evaluate();
    expect(changes).toHaveLength(1);
  });

  it('waits for an endpoint as long again after a stall, in which it could find none', () => {
    const { changes, clock, startup } = setUp();
    startup.onListening('127.0.0.1:9002');
    startup.startEndpointWait();
    clock.advance(waits.endpointWaitMs / 2);
    clock.stall(waits.endpointWaitMs);
    clock.advance(waits.endpointWaitMs - 1);
    expect(changes).toEqual([]);
    clock.advance(1);
    expect(changes).toHaveLength(1);
  });

  it('stays stopped when it is stopped before that', () => {
    const { changes, lifecycle, ready, startup } = setUp();
    lifecycle.moveTo('stopped', 'the start failed');
    ready.push(endpoint);
    startup.onListening('127.0.0.1:9002');
    expect(changes).toEqual(['stopped: the start failed']);
    expect(startup.readiness()).toEqual({ ready: false, reasons: ['the instance is stopped'] });
  });
});

describe('when an instance with two pools starts', () => {
  it('becomes ready in both at once', () => {
    const clock = new FakeClock();
    const changes: string[] = [];
    const sharing = { kind: 'memory', ledger: new MemoryLedger() } as const;
    const startups: Startup[] = [];
    const setUpPool = (name: string) => {
      const lifecycle = new Lifecycle(clock);
      lifecycle.onChange(({ to }) => changes.push(`${name} ${to}`));
      const ready: Endpoint[] = [];
      const pool = { all: () => [endpoint], ready: () => ready, onChange: () => () => {} };
      const together = () => startups;
      startups.push(new Startup({ lifecycle, pool, sharing, ...waits, clock, together }));
      return ready;
    };
    const [readyOfA, readyOfB] = [setUpPool('a'), setUpPool('b')];
    for (const startup of startups) startup.onListening('127.0.0.1:9002');
    readyOfA.push(endpoint);
    startups[0]?.evaluate();
    expect(changes).toEqual([]);
    readyOfB.push(endpoint);
    startups[1]?.evaluate();
    expect(changes).toEqual(['a ready', 'b ready']);
  });
});
