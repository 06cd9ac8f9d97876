import { PodMetricsReader } from '../../../../src/signals/readings/podMetricsReader.ts';
import { ManualClock } from '../../../support/manualClock.ts';

const pod = '10.0.0.1:8000';
const idle = '10.0.0.2:8000';

let clock: ManualClock;
let asked: string[];
let waiting: number;
let reader: PodMetricsReader;
beforeEach(() => {
  clock = new ManualClock();
  asked = [];
  waiting = 0;
  reader = new PodMetricsReader({
    localId: 'a',
    addresses: () => new Set([pod, idle]),
    askers: () => ['a'],
    ask: async (address) => {
      asked.push(address);
      const running = address === pod ? 3 : 0;
      return { kind: 'reading', reading: { engine: 'vllm', running, waiting: running && waiting } };
    },
    onOn: () => {},
    onOutcome: () => {},
    clock,
    random: () => 0.5,
  });
});
afterEach(() => reader.stop());

/** How often each was asked in ten seconds. */
async function askedOften(): Promise<readonly [number, number]> {
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 50) {
      clock.advance(50);
      for (let turn = 0; turn < 10; turn += 1) await undefined;
    }
  };
  await pass(2_000);
  asked = [];
  await pass(10_000);
  const timesOf = (address: string) => asked.filter((each) => each === address).length;
  return [timesOf(pod), timesOf(idle)];
}

describe('a pod that runs requests beside an idle one', () => {
  it('is asked as often where all counts are exact', async () => {
    reader.turnOn();
    expect(await askedOften()).toEqual([10, 10]);
  });

  it('is asked five times as often where its load is what it says', async () => {
    reader.giveLoad();
    expect(await askedOften()).toEqual([50, 10]);
  });

  it('is asked so often as well while requests wait, and so is every other', async () => {
    reader.turnOn();
    waiting = 1;
    expect(await askedOften()).toEqual([50, 50]);
  });
});
