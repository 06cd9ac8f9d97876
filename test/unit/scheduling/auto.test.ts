import { MemoryLedger } from '../../../src/ledger/memoryLedger.ts';
import { explain } from '../../../src/scheduling/explanation.ts';
import { type ModelEvidence, runsModels } from '../../../src/scheduling/modelEvidence.ts';
import { PolicySet } from '../../../src/scheduling/policySet.ts';
import { Scheduler } from '../../../src/scheduling/scheduler.ts';
import { endpoints } from '../../support/endpoints.ts';
import { chainedCuts } from '../../support/promptCuts.ts';
import { seededRandom } from '../../support/seededRandom.ts';

const nothing: ModelEvidence = { listsModels: false, engines: 0, promptedPods: 0 };

class AutoScheduler {
  evidence = nothing;
  readonly scheduler: Scheduler;

  constructor(policy = 'auto') {
    const ready = endpoints(3);
    const random = seededRandom(1);
    this.scheduler = new Scheduler({
      pool: { ready: () => ready, all: () => ready },
      ledger: new MemoryLedger(),
      policies: new PolicySet({ random, evidence: () => this.evidence }),
      rules: () => ({ policy, allowRequestPolicy: true, unknownPolicy: 'reject' }),
      random,
    });
  }
}

describe('what shows that pods run language models', () => {
  it.each([
    [nothing, false],
    [{ ...nothing, listsModels: true }, true],
    [{ ...nothing, engines: 1 }, true],
    [{ ...nothing, promptedPods: 1 }, true],
  ])('%j: %s', (evidence, expected) => {
    expect(runsModels(evidence)).toBe(expected);
  });
});

describe('auto', () => {
  it('is least-request until pods show what they are, and then prefix', () => {
    const auto = new AutoScheduler();
    const prompt = chainedCuts(1, 100);
    const policyOf = (): unknown => {
      const decision = auto.scheduler.schedule({ prompt });
      return decision.kind === 'route' ? [decision.policy, decision.endpoint.address] : decision;
    };
    expect(policyOf()).toEqual(['least-request', expect.anything()]);
    expect(auto.scheduler.policyFor(undefined)?.reads).toBeUndefined();
    auto.evidence = { ...nothing, engines: 1 };
    expect(auto.scheduler.policyFor(undefined)?.reads).toEqual(['prompt']);
    const [policy, home] = policyOf() as string[];
    expect(policy).toBe('prefix');
    // It remembers what it placed.
    expect(policyOf()).toEqual(['prefix', home]);
  });

  it('is what a request may name, and an explanation says that it chose', () => {
    const { scheduler } = new AutoScheduler('least-request');
    const explained = (policy?: string): unknown => {
      const request = policy === undefined ? {} : { policy };
      return explain(request, scheduler.trail(request), scheduler.preview(request));
    };
    expect(explained('auto')).toMatchObject({ policy: 'least-request', chosenBy: 'auto' });
    expect(explained()).toMatchObject({ policy: 'least-request', chosenBy: null });
  });

  it('is no part of a mix', () => {
    expect(new PolicySet({ random: seededRandom(1) }).named('auto:1,least-request:1')).toBeUndefined();
  });
});
