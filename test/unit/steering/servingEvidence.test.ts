import { ServingEvidence } from '../../../src/steering/servingEvidence.ts';
import { FakeClock } from '../../support/fakeClock.ts';

const evidenceMs = 30_000;
const contactMs = 90_000;

/** The evidence of one instance; a proxy asks it as the test says. */
function setUp({ isAsked = true } = {}) {
  const clock = new FakeClock();
  const proxy = { isAsked, lastMs: Number.NEGATIVE_INFINITY };
  const evidence = new ServingEvidence({ proxyQuietMs: () => clock.nowMs() - proxy.lastMs, clock });
  const pass = (seconds: number): void => {
    for (let nth = 0; nth < seconds; nth += 1) {
      clock.advance(1_000);
      if (proxy.isAsked) proxy.lastMs = clock.nowMs();
      evidence.update(() => true);
    }
  };
  pass(1);
  return { clock, proxy, evidence, pass };
}

describe('a peer', () => {
  it('is not seen to serve by its record alone', () => {
    const { evidence, pass } = setUp();
    expect(evidence.isSeen('peer')).toBe(false);
    pass(600);
    expect(evidence.isSeen('peer')).toBe(false);
  });

  it('is seen while its load reports keep coming, and not for long after them', () => {
    const { evidence, pass } = setUp();
    pass(60);
    for (let nth = 0; nth < 20; nth += 1) {
      evidence.onLoadReport('peer');
      pass(10);
      expect(evidence.isSeen('peer')).toBe(true);
    }
    pass((evidenceMs - 10_000) / 1_000);
    expect(evidence.isSeen('peer')).toBe(false);
  });

  it('is forgotten with its record', () => {
    const { evidence } = setUp();
    evidence.onLoadReport('peer');
    evidence.update(() => false);
    expect(evidence.isSeen('peer')).toBe(false);
  });
});

describe('an instance that no proxy asks', () => {
  it('goes on to take a peer for one that serves: no proxy may be up', () => {
    const { evidence, pass } = setUp({ isAsked: false });
    evidence.onLoadReport('peer');
    pass(3_600);
    expect([evidence.hasContact, evidence.isSeen('peer'), evidence.isSeen('other')]).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('gives its peers time when a proxy asks again', () => {
    const { evidence, pass, proxy } = setUp({ isAsked: false });
    evidence.onLoadReport('peer');
    pass(3_600);
    proxy.isAsked = true;
    pass(evidenceMs / 1_000 - 1);
    expect([evidence.hasContact, evidence.isSeen('peer')]).toEqual([true, true]);
    pass(2);
    expect(evidence.isSeen('peer')).toBe(false);
  });

  it('has lost its contact only after longer than between two health checks', () => {
    const { evidence, pass, proxy } = setUp();
    proxy.isAsked = false;
    pass(contactMs / 1_000 - 1);
    expect(evidence.hasContact).toBe(true);
    pass(2);
    expect(evidence.hasContact).toBe(false);
  });
});
