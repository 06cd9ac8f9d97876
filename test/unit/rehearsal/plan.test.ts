import { planSteps, stepName } from '../../../tools/rehearsal/plan.ts';

const from = { release: 'old' };
const to = { release: 'new', command: ['run'] };

describe('planned steps', () => {
  it('alternate between the builds, each with a newer generation', () => {
    const names = planSteps(from, to, 3, 0).map(stepName);
    expect(names).toEqual([
      'upgrade 1 (old·1 → new·2)',
      'upgrade 2 (new·2 → old·3)',
      'upgrade 3 (old·3 → new·4)',
    ]);
  });

  it('roll back the same way, to the earlier generations', () => {
    const names = planSteps(from, to, 3, 2).slice(3).map(stepName);
    expect(names).toEqual(['rollback 1 (new·4 → old·3)', 'rollback 2 (old·3 → new·2)']);
  });

  it('each start where the previous one ended', () => {
    const steps = planSteps(from, to, 4, 4);
    for (const [index, step] of steps.entries()) {
      if (index > 0) expect(step.from).toEqual(steps[index - 1]?.to);
    }
    expect(steps.at(-1)?.to).toEqual({ ...from, generation: 1 });
  });

  it('keep the command with its build', () => {
    expect(planSteps(from, to, 1, 0)[0]?.to).toEqual({ release: 'new', command: ['run'], generation: 2 });
  });
});
