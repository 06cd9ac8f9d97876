import {
  type OperatorAction,
  operatorActionKinds,
  readOperatorRequest,
} from '../../../src/admin/operator/operatorRequest.ts';

const read = (kind: OperatorAction['kind'], query: string) =>
  readOperatorRequest(kind, new URLSearchParams(query), '10.0.0.1');
const who = 'operator=ana&reason=a%20try';

it.each<[string, OperatorAction['kind'], string, OperatorAction]>([
  ['a generation', 'upgrade/pin', 'generation=7', { kind: 'upgrade/pin', generation: 7 }],
  ['a rollback', 'upgrade/rollback', '', { kind: 'upgrade/rollback' }],
  ['a release', 'upgrade/release', '', { kind: 'upgrade/release' }],
  [
    'settings',
    'dynamic/set',
    'setting=a.b%3Dc%3Dd&setting=e.f%3D',
    {
      kind: 'dynamic/set',
      settings: new Map([
        ['a.b', 'c=d'],
        ['e.f', ''],
      ]),
    },
  ],
  ['names', 'dynamic/unset', 'setting=a.b&setting=c.d', { kind: 'dynamic/unset', names: ['a.b', 'c.d'] }],
  ['all settings', 'dynamic/clear', '', { kind: 'dynamic/clear' }],
  ['a drain', 'drain', '', { kind: 'drain' }],
])('reads %s', (_what, kind, query, action) => {
  const expected = { action, operator: 'ana', reason: 'a try', remoteAddress: '10.0.0.1' };
  expect(read(kind, `${query}&${who}`)).toEqual(expected);
});

it.each<[string, OperatorAction['kind'], string]>([
  ['generation', 'upgrade/pin', who],
  ['generation', 'upgrade/pin', `generation=-1&${who}`],
  ['generation', 'upgrade/pin', `generation=1e9&${who}`],
  ['setting', 'dynamic/set', who],
  ['setting', 'dynamic/set', `setting=a.b%3Dc&setting=d&${who}`],
  ['setting', 'dynamic/set', `setting=%3Dc&${who}`],
  ['setting', 'dynamic/unset', who],
])('says that %s is wrong for %s: %s', (name, kind, query) => {
  expect(read(kind, query)).toEqual({ problem: expect.stringContaining(name) });
});

it.each([
  ['operator', 'reason=a'],
  ['reason', 'operator=ana'],
  ['reason', 'operator=ana&reason=%20%20'],
  ['operator', `operator=${'a'.repeat(65)}&reason=a`],
  ['reason', `operator=ana&reason=${'a'.repeat(901)}`],
  ['operator', 'operator=a%0ab&reason=a'],
  ['reason', 'operator=ana&reason=a%1b%5b31m'],
])('nothing is done without who and why, in one line: %s of "%s"', (name, query) => {
  for (const kind of operatorActionKinds) {
    expect(read(kind, `generation=1&setting=a%3Db&${query}`)).toEqual({
      problem: expect.stringContaining(name),
    });
  }
});
