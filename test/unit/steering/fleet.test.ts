import { decodePoolRecords } from '../../../src/ledger/poolRecords.ts';
import type { Phase } from '../../../src/phase.ts';
import { encodeInstance } from '../../../src/proto/records/instanceRecord.ts';
import { encodePinnedGeneration } from '../../../src/proto/records/pinnedGeneration.ts';
import { choosePin, chooseRollback, type Fleet, fleetOf, fleetText } from '../../../src/steering/fleet.ts';

/** `b 2 ready`: id, generation, phase. */
function fleet(list: readonly string[], pinnedGeneration?: number): Fleet {
  const records = new Map<string, Uint8Array>();
  for (const text of list) {
    const [id = '', generation, phase] = text.split(' ');
    const rest = { addresses: [], zone: '', startedUnixMs: 1, withoutEndpoints: false, sequence: 1 };
    const stated = { release: `1.${generation}.0`, generation: Number(generation), phase: phase as Phase };
    records.set(`instances/${id}`, encodeInstance({ id, ...stated, ...rest }));
  }
  if (pinnedGeneration !== undefined) {
    records.set(
      'target',
      encodePinnedGeneration({ generation: pinnedGeneration, reason: 'slow', setUnixMs: 0 }),
    );
  }
  return fleetOf('default', decodePoolRecords(records));
}

describe('a request to pin a generation', () => {
  it.each([
    ['serves', ['a 1 ready', 'b 2 ready']],
    ['is in standby', ['a 1 standby', 'b 2 ready']],
  ])('is accepted when one of its instances %s', (_, instances) => {
    expect(choosePin(fleet(instances), 1)).toEqual({ kind: 'pin', generation: 1 });
  });

  it('is refused, with the alternatives, when none of its instances could serve', () => {
    const why = 'generation 1 has no instance in phase ready or standby (generations that have one: 3, 2)';
    expect(choosePin(fleet(['a 1 draining', 'b 2 standby', 'c 3 ready']), 1)).toEqual({
      kind: 'refuse',
      why,
    });
  });
});

describe('a request to roll back', () => {
  it.each([
    ['the generation before the newest', ['a 1 standby', 'b 2 standby', 'c 3 ready'], undefined, 2],
    ['the generation before the pinned one', ['a 1 standby', 'b 2 ready', 'c 3 standby'], 2, 1],
    ['no generation that drains', ['a 1 standby', 'b 2 draining', 'c 3 ready'], undefined, 1],
  ])('pins %s', (_, instances, pinned, generation) => {
    expect(chooseRollback(fleet(instances, pinned))).toEqual({ kind: 'pin', generation });
  });

  it.each([
    ['there is no older generation', ['b 2 ready'], 'no generation below 2'],
    ['no instance serves', ['a 1 starting'], 'no generation serves'],
  ])('is refused when %s', (_, instances, why) => {
    expect(chooseRollback(fleet(instances))).toMatchObject({
      kind: 'refuse',
      why: expect.stringContaining(why),
    });
  });
});

describe('the status of an upgrade', () => {
  it('lists instances by generation, and the pinned one', () => {
    expect(fleetText(fleet(['b 2 standby', 'a 1 ready', 'a10 1 ready', 'a9 1 ready'], 1))).toBe(
      `pool default: generation 1 serves
generation 1 is pinned since 1970-01-01T00:00:00.000Z: slow

generation 2
  b  1.2.0  standby

generation 1
  a  1.1.0  ready
  a9  1.1.0  ready
  a10  1.1.0  ready
`,
    );
  });

  it('counts records that cannot be decoded', () => {
    const records = new Map([['instances/x', new Uint8Array([255, 255])]]);
    const text = fleetText(fleetOf('default', decodePoolRecords(records)));
    expect(text).toContain('No instance is registered.');
    expect(text).toContain('1 records skipped: unreadable');
  });
});
