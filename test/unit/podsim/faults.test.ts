import { Faults, parsePodFault, parseRequestFault } from '../../../tools/podsim/faults.ts';
import { FakeClock } from '../../support/fakeClock.ts';

describe('a fault of the pod', () => {
  const valid: [object, object][] = [
    [{ kind: 'none' }, { requests: { kind: 'none' }, healthFails: false }],
    [
      { kind: 'refuse', forMs: 500 },
      { requests: { kind: 'refuse' }, forMs: 500 },
    ],
    [{ kind: 'hang' }, { requests: { kind: 'hang' }, healthFails: false }],
    [
      { kind: 'error', health: false, forMs: 9 },
      { requests: { kind: 'error', status: 500 }, healthFails: true, forMs: 9 },
    ],
    [
      { kind: 'error', health: true },
      { requests: { kind: 'error', status: 500 }, healthFails: false },
    ],
    [{ kind: 'error', status: 429 }, { requests: { kind: 'error', status: 429 } }],
    [{ kind: 'close' }, { requests: { kind: 'close' } }],
    [{ kind: 'empty' }, { requests: { kind: 'empty' } }],
    [{ kind: 'error-event' }, { requests: { kind: 'error-event' } }],
    [{ kind: 'cut-at-once' }, { requests: { kind: 'cut-at-once' } }],
    [{ kind: 'cut' }, { requests: { kind: 'cut', afterTokens: 1 } }],
    [{ kind: 'cut', afterTokens: 3 }, { requests: { kind: 'cut', afterTokens: 3 } }],
    [{ kind: 'unhealthy' }, { requests: { kind: 'none' }, healthFails: true }],
  ];
  it.each(valid)('%j is understood', (given, expected) => {
    expect(parsePodFault(given)).toMatchObject({ kind: 'fault', fault: expected });
  });

  const wrong: [unknown, string][] = [
    ['error', 'the fault is "error"; expected a JSON object like {"kind":"error"}'],
    [null, 'the fault is null; expected a JSON object like {"kind":"error"}'],
    [
      {},
      'kind is missing; expected none, refuse, hang, error, close, empty, error-event, cut-at-once, cut, unhealthy, late-health',
    ],
    [
      { kind: 'explode' },
      'kind is "explode"; expected none, refuse, hang, error, close, empty, error-event, cut-at-once, cut, unhealthy, late-health',
    ],
    [{ kind: 'refuse' }, 'forMs is missing; expected a whole number from 1 to 3600000'],
    [{ kind: 'hang', forMs: -1 }, 'forMs is -1; expected a whole number from 1 to 3600000'],
    [{ kind: 'error', health: 'no' }, 'health is "no"; expected true or false'],
    [{ kind: 'none', health: false }, 'health is false; expected not to be there with none'],
    [{ kind: 'cut', afterTokens: 0 }, 'afterTokens is 0; expected a whole number from 1 to 1000000'],
    [{ kind: 'hang', afterTokens: 2 }, 'afterTokens is 2; expected not to be there with hang'],
    [{ kind: 'hang', status: 503 }, 'status is 503; expected not to be there with hang'],
    [{ kind: 'error', status: 200 }, 'status is 200; expected a whole number from 400 to 599'],
  ];
  it.each(wrong)('%j is refused with its reason', (given, problem) => {
    expect(parsePodFault(given)).toEqual({ kind: 'invalid', problem });
  });
});

describe('a fault of one request', () => {
  it.each([
    ['none', { kind: 'none' }],
    ['refuse', { kind: 'refuse' }],
    ['hang', { kind: 'hang' }],
    ['error', { kind: 'error', status: 500 }],
    ['error-event', { kind: 'error-event' }],
    ['cut', { kind: 'cut', afterTokens: 1 }],
    [' cut; afterTokens=12 ', { kind: 'cut', afterTokens: 12 }],
  ])('%j is understood', (header, fault) => {
    expect(parseRequestFault(header)).toEqual({ kind: 'fault', fault });
  });

  it.each(['', 'Error', 'unhealthy', 'cut;afterTokens=0', 'cut;tokens=3', 'hang;afterTokens=3'])(
    '%j is refused',
    (header) => {
      expect(parseRequestFault(header)).toEqual({
        kind: 'invalid',
        problem: `x-podsim-fault is ${JSON.stringify(header)}; expected none, refuse, hang, error, close, empty, error-event, cut-at-once, cut or cut;afterTokens=3`,
      });
    },
  );
});

describe('the fault in effect', () => {
  function start() {
    const clock = new FakeClock();
    const faults = new Faults(clock);
    const ended: string[] = [];
    const set = (given: object) => {
      const read = parsePodFault(given);
      if (read.kind === 'invalid') throw new Error(read.problem);
      faults.set(read.fault, () => ended.push(read.fault.kind));
    };
    return { clock, faults, ended, set };
  }

  it('stays until it is replaced', () => {
    const { clock, faults, set, ended } = start();
    set({ kind: 'hang' });
    clock.advance(1_000_000);
    expect(faults.current.kind).toBe('hang');
    set({ kind: 'none' });
    expect(faults.current.kind).toBe('none');
    expect(ended).toEqual([]);
  });

  it('ends by itself when its time is over', () => {
    const { clock, faults, set, ended } = start();
    set({ kind: 'refuse', forMs: 100 });
    clock.advance(99);
    expect(faults.current.kind).toBe('refuse');
    clock.advance(1);
    expect(faults.current.kind).toBe('none');
    expect(ended).toEqual(['refuse']);
  });

  it('is not ended by the time of the one that it replaced', () => {
    const { clock, faults, set, ended } = start();
    set({ kind: 'error', forMs: 100 });
    set({ kind: 'hang' });
    clock.advance(1000);
    expect(faults.current.kind).toBe('hang');
    expect(ended).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});
