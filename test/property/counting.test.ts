import fc from 'fast-check';
import { Exchanges } from '../../src/extproc/exchanges.ts';
import { MemoryLedger } from '../../src/ledger/memoryLedger.ts';
import { externalProcessorService } from '../../src/proto/services.ts';
import { PolicySet } from '../../src/scheduling/policySet.ts';
import type { Reservation } from '../../src/scheduling/reservation.ts';
import { Scheduler } from '../../src/scheduling/scheduler.ts';
import { endpoints } from '../support/endpoints.ts';
import { recorderOf } from '../support/recorderOf.ts';
import { seededRandom } from '../support/seededRandom.ts';
import { silentStream } from '../support/silentStream.ts';

/**
 * Drives the real exchanges, scheduler and ledger through random interleavings of everything that
 * can happen to a stream: messages in any order, every way to end, twice and at the wrong time.
 */
const happenings = [
  'headers',
  'unknown-policy',
  'subset-empty',
  'response',
  'trailers',
  'nonsense',
  'broken',
  'observed',
  'end',
  'cancelled',
  'error',
] as const;
type Happening = (typeof happenings)[number] | 'drain' | 'pool-empty' | 'pool-back';

const encode = externalProcessorService.Process.requestSerialize;

const messages = {
  headers: encode({ request_headers: {} }),
  'unknown-policy': encode({
    request_headers: { headers: { headers: [{ key: 'routing-strategy', raw_value: Buffer.from('x') }] } },
  }),
  'subset-empty': encode({
    request_headers: {},
    metadata_context: {
      filter_metadata: {
        'envoy.lb.subset_hint': {
          fields: { 'x-gateway-destination-endpoint-subset': { stringValue: '10.9.9.9:1' } },
        },
      },
    },
  }),
  response: encode({ response_headers: {} }),
  trailers: encode({ response_trailers: {} }),
  nonsense: encode({}),
  broken: Buffer.from([0x12, 0x7f]),
  observed: encode({ request_headers: {}, observability_mode: true }),
} as const;

function system() {
  const ledger = new MemoryLedger();
  const random = seededRandom(1);
  let ready = endpoints(3);
  const scheduler = new Scheduler({
    pool: { ready: () => ready, all: () => ready },
    ledger,
    policies: new PolicySet({ random }),
    rules: () => ({ policy: 'least-request', allowRequestPolicy: true, unknownPolicy: 'reject' }),
    random,
  });
  const exchanges = new Exchanges({
    onStreamArrived: () => {},
    answersStreams: () => true,
    maxStreams: 1000,
    decide: (request) => scheduler.schedule(request),
    retryAfterSeconds: 1,
    nowMs: () => 0,
    recorder: recorderOf(),
  });
  return {
    ledger,
    exchanges,
    setPool: (count: number) => {
      ready = endpoints(count);
    },
  };
}

describe('however streams end, in any order', () => {
  it('counts the open streams, never below zero, and zero in the end', () => {
    const step = fc.tuple(
      fc.nat(9),
      fc.constantFrom<Happening>(...happenings, 'drain', 'pool-empty', 'pool-back'),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { ledger, exchanges, setPool } = system();
        const streams = Array.from({ length: 10 }, () => exchanges.accept(silentStream));
        const total = (): number => [...ledger.local().values()].reduce((sum, count) => sum + count, 0);

        for (const [which, happening] of steps) {
          const stream = streams[which];
          if (happening === 'drain') exchanges.halfCloseAll();
          else if (happening === 'pool-empty') setPool(0);
          else if (happening === 'pool-back') setPool(3);
          else if (happening === 'end') stream?.onEnd();
          else if (happening === 'cancelled' || happening === 'error') stream?.onClosed(happening);
          else stream?.onMessage(messages[happening]);

          expect([...ledger.local().values()].every((count) => count > 0)).toBe(true);
          expect(exchanges.reserved()).toEqual(ledger.local());
          expect(total()).toBeLessThanOrEqual(exchanges.open);
        }
        for (const stream of streams) stream.onEnd();
        expect(total()).toBe(0);
        expect(exchanges.open).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('releases a reservation once, however often it is called', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(4), fc.boolean()), { maxLength: 100 }), (steps) => {
        const ledger = new MemoryLedger();
        const reservations: { readonly held: Reservation; released: boolean }[] = [];
        for (const [pod, isRelease] of steps) {
          const address = `pod-${pod}`;
          if (isRelease) {
            const any = reservations[pod];
            any?.held.release();
            if (any) any.released = true;
          } else reservations.push({ held: ledger.reserve(address), released: false });
          for (let i = 0; i < 5; i += 1) {
            const expected = reservations.filter((h) => h.held.address === `pod-${i}` && !h.released).length;
            expect(ledger.inFlight(`pod-${i}`)).toBe(expected);
          }
        }
      }),
    );
  });
});
