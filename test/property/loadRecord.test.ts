import fc from 'fast-check';
import { encodeLoads, forEachDifference, LoadList } from '../../src/ledger/loadRecord.ts';
import { mostInFlight, mostTokens } from '../../src/proto/records/fields.ts';
import { stateCodecs } from '../../src/proto/stateCodecs.ts';

/**
 * The record of counts written and read by hand, against proto-loader's codec, which knows the
 * whole message.
 */
const loads = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: mostInFlight })), {
    selector: ([pod]) => pod,
    maxLength: 40,
  })
  .map((pairs) => new Map(pairs.map(([pod, count]) => [`10.0.0.${pod}:8000`, count])));

function read(bytes: Uint8Array): { sequence: number; counts: Record<string, number> } {
  const list = new LoadList().read(bytes);
  const counts: Record<string, number> = {};
  for (let i = 0; i < list.length; i += 1) counts[list.address(i)] = list.inFlight(i);
  return { sequence: list.sequence, counts };
}

describe('a record of counts', () => {
  it('is encoded like the protobuf message', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), loads, (sequence, counts) => {
        const record = stateCodecs.loadReport.decode(encodeLoads(sequence, counts));
        expect(record).toMatchObject({ protocol_version: 1, sequence });
        expect(new Map(record.loads.map(({ address, in_flight }) => [address, in_flight]))).toEqual(counts);
      }),
    );
  });

  it('is decoded from the encoding of protobuf', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), loads, (sequence, counts) => {
        const bytes = stateCodecs.loadReport.encode({
          sequence,
          loads: [...counts].map(([address, in_flight]) => ({ address, in_flight })),
        });
        expect(read(bytes)).toEqual({ sequence, counts: Object.fromEntries(counts) });
      }),
    );
  });

  it.each([2 ** 28 - 1, 2 ** 28, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER])(
    'is read by peers at sequence number %d, which it reaches by itself',
    (sequence) => {
      const counts = new Map([['10.0.0.1:8000', 3]]);
      expect(read(encodeLoads(sequence, counts))).toEqual({ sequence, counts: Object.fromEntries(counts) });
    },
  );

  it('is rejected when truncated, unless the rest is a whole record', () => {
    fc.assert(
      fc.property(loads, fc.nat(1_000), (counts, at) => {
        const bytes = encodeLoads(7, counts);
        const cut = bytes.subarray(0, at % bytes.length);
        let left: ReturnType<typeof read>;
        try {
          left = read(cut);
        } catch {
          return;
        }
        expect(Object.fromEntries(counts)).toMatchObject(left.counts);
      }),
    );
  });

  it.each(['', 'some text', '\u00ff\u00ff\u00ff'])('is not decoded from the text %j', (text) => {
    expect(() => new LoadList().read(Buffer.from(text))).toThrow();
  });

  it('has tokens as the protobuf message has them, where they are counted', () => {
    const counts = new Map([
      ['10.0.0.1:8000', 3],
      ['10.0.0.2:8000', 1],
    ]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: mostTokens }), (tokens) => {
        const bytes = encodeLoads(7, counts, new Map([['10.0.0.2:8000', tokens]]));
        expect(stateCodecs.loadReport.decode(bytes)).toMatchObject({
          has_tokens: true,
          loads: [{ assigned_tokens: tokens }, { assigned_tokens: 0 }],
        });
        const list = new LoadList().read(bytes);
        expect([list.hasTokens, list.assignedTokens(0), list.assignedTokens(1)]).toEqual([true, tokens, 0]);
      }),
    );
    expect(new LoadList().read(encodeLoads(7, counts)).hasTokens).toBe(false);
  });

  it('may have unknown fields', () => {
    const load = [0x0a, 1, 0x78, 0x10, 5, 0x18, 3];
    const bytes = Buffer.from([0x08, 2, 0x10, 9, 0x1a, load.length, ...load, 0x22, 1, 7]);
    expect(read(bytes)).toEqual({ sequence: 9, counts: { x: 5 } });
  });
});

describe('the difference between two records', () => {
  it('leads from one to the other, in any order, and never below zero', () => {
    fc.assert(
      fc.property(loads, loads, fc.boolean(), (before, after, isReversed) => {
        const to = isReversed ? new Map([...after].reverse()) : after;
        const counts = new Map(before);
        forEachDifference(
          new LoadList().read(encodeLoads(1, before)),
          new LoadList().read(encodeLoads(2, to)),
          (address, difference) => {
            const count = (counts.get(address) ?? 0) + difference;
            expect(count).toBeGreaterThanOrEqual(0);
            if (count === 0) counts.delete(address);
            else counts.set(address, count);
          },
        );
        expect(counts).toEqual(after);
      }),
    );
  });

  it('has the tokens that were assigned since, also after the pod was idle', () => {
    const record = (tokens: number): LoadList =>
      new LoadList().read(encodeLoads(1, new Map([['a', 1]]), new Map([['a', tokens]])));
    const since = (before: LoadList, after: LoadList): number => {
      let assigned = 0;
      forEachDifference(before, after, (_address, _difference, newTokens) => {
        assigned += newTokens;
      });
      return assigned;
    };
    expect(since(record(5_000), record(7_000))).toBe(2_000);
    expect(since(record(7_000), record(300))).toBe(300);
    expect(since(new LoadList(), record(300))).toBe(300);
    expect(since(record(300), new LoadList())).toBe(0);
  });

  it('has only the changed addresses while the order is kept', () => {
    const before = new Map(Array.from({ length: 1_000 }, (_, i) => [`10.0.0.${i}:8000`, 1 + (i % 3)]));
    const after = new Map(before);
    for (const pod of [3, 500, 999]) after.set(`10.0.0.${pod}:8000`, 9);
    for (const pod of [0, 17, 18, 800]) after.delete(`10.0.0.${pod}:8000`);
    after.set('10.0.0.17:8000', 5);
    const touched: string[] = [];
    forEachDifference(
      new LoadList().read(encodeLoads(1, before)),
      new LoadList().read(encodeLoads(2, after)),
      (address) => touched.push(address),
    );
    expect(new Set(touched)).toEqual(
      new Set([3, 500, 999, 0, 17, 18, 800].map((pod) => `10.0.0.${pod}:8000`)),
    );
  });
});
