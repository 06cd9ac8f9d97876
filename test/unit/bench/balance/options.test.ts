import { readOptions } from '../../../../bench/balance/options.ts';

it('every option has a default', () => {
  const options = readOptions([]);
  expect(options).toMatchObject({ instances: [1, 2, 4, 8], sharing: 'both', saveDir: undefined });
});

it('numbers and lists are parsed', () => {
  const options = readOptions(['--instances', '1,4', '--rounds', '6', '--slots', '4', '--save', 'out']);
  expect(options).toMatchObject({ instances: [1, 4], rounds: 6, load: { slots: 4 }, saveDir: 'out' });
});

it.each([
  [['--instances', '1,x'], '--instances is "1,x"; expected numbers from 1, as 1,2,4,8'],
  [['--sharing', 'some'], '--sharing is "some"; expected on, off or both'],
  [['--seconds', '0'], '--seconds is "0"; expected a number from 1'],
])('%j is refused', (args, message) => {
  expect(() => readOptions(args)).toThrow(message);
});
