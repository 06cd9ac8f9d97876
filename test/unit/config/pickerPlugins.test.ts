import { readPickerPlugins } from '../../../src/config/pickerPlugins.ts';
import { PolicySet } from '../../../src/scheduling/policySet.ts';

const plugins = (...types: string[]): string =>
  ['plugins:', ...types.map((type) => `- type: ${type}`)].join('\n');
const profile = (name: string, weights: Record<string, number | undefined>): string =>
  [
    `- name: ${name}`,
    '  plugins:',
    ...Object.entries(weights).flatMap(([ref, weight]) => [
      `  - pluginRef: ${ref}`,
      ...(weight === undefined ? [] : [`    weight: ${weight}`]),
    ]),
  ].join('\n');

describe('an EndpointPickerConfig', () => {
  it.each<[string, string, string | undefined]>([
    [
      'of the charts',
      plugins('queue-scorer', 'kv-cache-utilization-scorer', 'prefix-cache-scorer'),
      'prefix',
    ],
    ['that knows load only', plugins('queue-scorer', 'running-requests-size-scorer'), 'least-request'],
    [
      'with weights',
      `${plugins('session-affinity-scorer', 'prefix-cache-scorer', 'queue-scorer', 'max-score-picker')}
schedulingProfiles:
${profile('default', { 'max-score-picker': undefined, 'session-affinity-scorer': 100, 'prefix-cache-scorer': 50, 'queue-scorer': 2 })}`,
      'session-affinity:100,prefix:50',
    ],
    [
      'with names of its own',
      `plugins:
- { type: lora-affinity-scorer, name: lora }
- { type: queue-scorer, name: queue }
- { type: prefix-cache-scorer, name: unused }
schedulingProfiles:
${profile('default', { lora: 2, queue: undefined, unused: 0 })}`,
      'lora-affinity:2,least-request:1',
    ],
    [
      'with a profile for each phase',
      `${plugins('prefix-cache-scorer', 'queue-scorer')}
schedulingProfiles:
${profile('prefill', { 'prefix-cache-scorer': 3 })}
${profile('decode', { 'queue-scorer': 1 })}`,
      'least-request',
    ],
    ['without scorers', plugins('max-score-picker'), undefined],
    ['that is empty', '{}', undefined],
  ])('%s', (_what, text, policy) => {
    expect(readPickerPlugins(text)).toEqual({ kind: 'read', policy, unknown: [] });
    if (policy !== undefined) expect(new PolicySet({ random: Math.random }).named(policy)).toBeDefined();
  });

  it('names the scorers that it does not know', () => {
    expect(readPickerPlugins(plugins('queue-scorer', 'latency-scorer'))).toMatchObject({
      policy: 'least-request',
      unknown: ['latency-scorer'],
    });
  });

  it.each(['plugins: [', 'text', '- a', ''])('%j is none', (text) => {
    expect(readPickerPlugins(text).kind).toBe('unreadable');
  });
});
