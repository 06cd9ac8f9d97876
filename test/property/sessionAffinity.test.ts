import fc from 'fast-check';
import type { Endpoint } from '../../src/scheduling/endpoint.ts';
import { relativeLoad } from '../../src/scheduling/load.ts';
import { LoadBound } from '../../src/scheduling/loadBound.ts';
import type { Policy } from '../../src/scheduling/policy.ts';
import { PolicySet } from '../../src/scheduling/policySet.ts';
import { endpoint, loads } from '../support/endpoints.ts';
import { seededRandom } from '../support/seededRandom.ts';

const create = (seed = 1): Policy =>
  new PolicySet({ random: seededRandom(seed) }).named('session-affinity') as Policy;
const idle = loads({});
const sessions = Array.from({ length: 1_000 }, (_, i) => `session-${i}`);

/** For each of many pools. */
const some = sessions.slice(0, 200);

const pods = fc
  .uniqueArray(fc.tuple(fc.nat(5_000), fc.constantFrom(1, 1, 2, 3)), {
    minLength: 2,
    maxLength: 30,
    selector: ([index]) => index,
  })
  .map((all) => all.map(([index, weight]) => endpoint(`10.1.${index >> 8}.${index & 255}:8000`, weight)));

function placements(
  policy: Policy,
  candidates: readonly Endpoint[],
  placed: readonly string[] = sessions,
): readonly string[] {
  return placed.map((session) => policy.choose(candidates, idle, { session }).address);
}

describe('session-affinity', () => {
  it('places a session alike in every instance and after every upgrade, in any order of the pool', () => {
    fc.assert(
      fc.property(pods, fc.nat(), (all, seed) => {
        // Other objects, as another process has.
        const again = all.map((one) => ({ ...one })).toReversed();
        expect(placements(create(seed), again, some)).toEqual(placements(create(), all, some));
      }),
      { numRuns: 30 },
    );
  });

  it('moves the sessions of an endpoint that leaves and no others, and those that one that joins takes', () => {
    fc.assert(
      fc.property(pods, fc.nat(), (all, which) => {
        const gone = all[which % all.length] as Endpoint;
        const left = all.filter((one) => one !== gone);
        const [before, after] = [placements(create(), all, some), placements(create(), left, some)];
        const stays = (address: string): boolean => address !== gone.address;
        expect(after.filter((_, index) => stays(before[index] ?? ''))).toEqual(before.filter(stays));
      }),
      { numRuns: 30 },
    );
  });

  it('moves at most a tenth of the sessions, and some noise, when one of ten equal pods leaves', () => {
    const ten = Array.from({ length: 10 }, (_, i) => endpoint(`10.0.0.${i + 1}:8000`));
    const before = placements(create(), ten);
    for (const gone of ten) {
      const after = placements(
        create(),
        ten.filter((one) => one !== gone),
      );
      const moved = before.filter((address, index) => address !== after[index]).length;
      expect(moved).toBe(before.filter((address) => address === gone.address).length);
      // The share of one pod of ten: 100 of 1,000, with a standard deviation of 9.5.
      expect(moved).toBeLessThan(140);
    }
  });

  it('never overloads an endpoint while another is within the bound', () => {
    fc.assert(
      fc.property(pods, fc.array(fc.nat(60), { minLength: 30, maxLength: 30 }), (all, counts) => {
        const load = loads(Object.fromEntries(all.map(({ address }, i) => [address, counts[i] ?? 0])));
        const bound = new LoadBound(all, load, 2);
        const policy = create();
        const total = all.reduce((sum, { address }) => sum + load.inFlight(address), 1);
        const weight = all.reduce((sum, one) => sum + one.weight, 0);
        for (const session of sessions.slice(0, 50)) {
          const chosen = policy.choose(all, load, { session });
          expect(bound.allows(chosen)).toBe(true);
          const isFew = load.inFlight(chosen.address) < 4;
          expect(isFew || relativeLoad(chosen, load) <= (2 * total) / weight + 1e-9).toBe(true);
        }
      }),
    );
  });
});
