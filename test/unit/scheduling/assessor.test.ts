import { MemoryLedger } from '../../../src/ledger/memoryLedger.ts';
import type { SchedulingRequest } from '../../../src/request/schedulingRequest.ts';
import { Assessor } from '../../../src/scheduling/assessor.ts';
import { PolicySet } from '../../../src/scheduling/policySet.ts';
import { Scheduler } from '../../../src/scheduling/scheduler.ts';
import { endpoints } from '../../support/endpoints.ts';
import { chainedCuts } from '../../support/promptCuts.ts';
import { seededRandom } from '../../support/seededRandom.ts';

/** Decides, and returns what a trace would say of the pick. */
function tracing(policy: string, { isTraced = true, pods = 4 } = {}) {
  const random = seededRandom(1);
  const all = endpoints(pods);
  const assessor = new Assessor(() => isTraced);
  const scheduler = new Scheduler({
    pool: { all: () => all, ready: () => all },
    ledger: new MemoryLedger(),
    policies: new PolicySet({ random, nowMs: () => 0 }),
    rules: () => ({ policy, allowRequestPolicy: true, unknownPolicy: 'reject' }),
    random,
    assessor,
  });
  const decide = (request: SchedulingRequest = {}) => {
    scheduler.schedule(request);
    return assessor.take();
  };
  return { decide, assessor, scheduler };
}

describe('the assessment of a pick', () => {
  it('has the cost as it was compared, before the request is reserved', () => {
    const { decide } = tracing('least-request', { pods: 1 });
    expect([decide(), decide(), decide()]).toEqual([{ cost: 1 }, { cost: 2 }, { cost: 3 }]);
  });

  it('has the tokens that the pod had before this prompt was placed there', () => {
    const { decide } = tracing('prefix', { pods: 1 });
    const cached = [10, 20, 30].map((cuts) => decide({ prompt: chainedCuts(1, cuts) })?.cachedTokens);
    expect(cached).toEqual([0, 640, 1280]);
  });

  it('has no tokens for a request without a prompt', () => {
    expect(tracing('prefix').decide()).toEqual({ cost: 1 });
  });

  it('is empty where the policy compares no costs', () => {
    expect(tracing('round-robin').decide()).toEqual({});
  });

  it('has no cost in a large pool, where comparing all takes longer than the decision', () => {
    expect(tracing('least-request', { pods: 257 }).decide()).toEqual({});
  });

  it('is not made for a request whose parent is not sampled', () => {
    expect(tracing('least-request', { isTraced: false }).decide()).toBeUndefined();
  });

  it('is of the last pick alone, and given once', () => {
    const { assessor, scheduler } = tracing('least-request');
    scheduler.schedule({});
    expect(assessor.take()).toEqual({ cost: 1 });
    scheduler.schedule({ policy: 'unknown' });
    expect(assessor.take()).toBeUndefined();
  });
});
