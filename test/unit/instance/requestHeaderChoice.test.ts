import { RequestHeaderChoice } from '../../../src/instance/requestHeaderChoice.ts';
import { PolicySet } from '../../../src/scheduling/policySet.ts';

describe('which headers are read for a request', () => {
  const configured = {
    models: ['x-model'],
    labels: 'filter',
    modelInBody: 'unread' as const,
    promptInBody: false,
    session: { headers: ['x-session-id'], cookie: undefined, bodyFields: ['user'] },
    asksForSession: false,
    id: undefined,
    explain: undefined,
    subset: undefined,
    others: [],
  };
  const policies = new PolicySet({ random: Math.random });
  const read = (hasModels: boolean, policy: string): readonly string[] => {
    const choice = new RequestHeaderChoice({
      configured,
      models: () => ({ models: hasModels, modelsDiffer: false }),
      policyFor: (name) => policies.named(name ?? 'least-request'),
    });
    const headers = choice.for(policy === '' ? undefined : policy);
    return [
      ...headers.models,
      ...(headers.labels ? [headers.labels] : []),
      ...(headers.session?.headers ?? []),
    ];
  };

  it.each<[what: string, hasModels: boolean, policy: string, expected: string[]]>([
    ['no policy named, no models in the pool', false, '', ['filter']],
    ['no policy named, models in the pool', true, '', ['x-model', 'filter']],
    ['an unknown policy', false, 'none-such', ['filter']],
    ['session-affinity', false, 'session-affinity', ['filter', 'x-session-id']],
    ['lora-affinity', false, 'lora-affinity', ['x-model', 'filter']],
    ['a mix', false, 'session-affinity:2,lora-affinity:1', ['x-model', 'filter', 'x-session-id']],
  ])('%s', (_what, hasModels, policy, expected) => {
    expect(read(hasModels, policy)).toEqual(expected);
  });

  it.each([
    ['session-affinity', false, true, 'unread'],
    ['least-request', false, false, 'unread'],
    ['least-request', true, false, 'decides'],
  ])('with %s (aliases: %s), asks for a body to find the session: %s', (policy, hasAliases, asks, model) => {
    const choice = new RequestHeaderChoice({
      configured,
      hasAliases: () => hasAliases,
      models: () => ({ models: false, modelsDiffer: false }),
      policyFor: (name) => policies.named(name ?? 'least-request'),
    });
    const { asksForSession, modelInBody, models, session } = choice.for(policy);
    expect({ asksForSession, modelInBody }).toEqual({ asksForSession: asks, modelInBody: model });
    // What an alias stands for can depend on the session.
    if (hasAliases)
      expect({ models, session }).toEqual({ models: configured.models, session: configured.session });
  });

  it.each([
    ['pods that differ', true, 'least-request', 'decides'],
    ['pods that do not', false, 'least-request', 'unread'],
    ['a policy that reads it', false, 'lora-affinity', 'helps'],
    ['both', true, 'lora-affinity', 'decides'],
  ])('reads the model of the body because of %s', (_what, modelsDiffer, policy, expected) => {
    const choice = new RequestHeaderChoice({
      configured,
      models: () => ({ models: modelsDiffer, modelsDiffer }),
      policyFor: (name) => policies.named(name ?? 'least-request'),
    });
    expect(choice.for(policy).modelInBody).toBe(expected);
  });

  it('the model of each request, where that is asked for', () => {
    const choice = new RequestHeaderChoice({
      configured,
      readsModel: true,
      models: () => ({ models: false, modelsDiffer: false }),
      policyFor: (name) => policies.named(name ?? 'least-request'),
    });
    expect(choice.for(undefined)).toMatchObject({ models: ['x-model'], modelInBody: 'helps' });
  });
});
