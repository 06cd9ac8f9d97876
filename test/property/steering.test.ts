import fc from 'fast-check';
import type { Phase } from '../../src/phase.ts';
import { AnnouncedPhase } from '../../src/steering/announcedPhase.ts';
import type { SteeredInstance } from '../../src/steering/assignRole.ts';
import { StandbyMachine } from '../../src/steering/standbyMachine.ts';

/**
 * A model around real StandbyMachines: a store (one ordered log of records that each instance reads
 * at its own pace) and time. Instances join, crash, lose and regain their endpoints, and are seen
 * to serve or not; the operator pins and releases; records are forged; every event may be late for
 * every instance.
 */
type LogEntry =
  | { readonly kind: 'record'; readonly record: SteeredInstance; readonly sequence: number }
  | { readonly kind: 'gone'; readonly id: string }
  | { readonly kind: 'pin'; readonly pinned: number | undefined };

class StoreModel {
  readonly log: LogEntry[] = [];
  /** Instances that are not seen to serve; a forged one never is. */
  readonly unproven = new Set<string>();

  forge(record: SteeredInstance): void {
    this.unproven.add(record.id);
    this.log.push({ kind: 'record', record, sequence: 1 });
  }
}

class InstanceModel {
  readonly id: string;
  readonly generation: number;
  alive = true;
  phase: Phase = 'starting';
  moves = 0;
  #withoutEndpoints = false;
  #read = 0;
  #sequence = 0;
  #acknowledged = 0;
  #timer: (() => void) | undefined;
  readonly #announcedPhase = new AnnouncedPhase(this);
  readonly #known = new Map<string, SteeredInstance>();
  #pinned: number | undefined;
  readonly #store: StoreModel;
  readonly #machine: StandbyMachine;

  constructor(id: string, generation: number, store: StoreModel) {
    this.id = id;
    this.generation = generation;
    this.#store = store;
    this.#machine = new StandbyMachine({
      facts: () => ({
        self: this.#record(),
        instances: this.#known.values(),
        isSeenToServe: (id) => !store.unproven.has(id),
        pinned: this.#pinned,
        minReady: undefined,
      }),
      lifecycle: this,
      announcedPhase: this.#announcedPhase,
      announce: () => this.#write(),
      acknowledged: () => this.#acknowledged,
      onSettling: () => {},
      settleMs: 1,
      storeWaitMs: 1,
      clock: {
        nowMs: () => 0,
        after: (_delayMs, callback) => {
          this.#timer = callback;
          return () => {
            if (this.#timer === callback) this.#timer = undefined;
          };
        },
      },
    });
    // A join reads everything before the first role.
    this.#write();
    this.catchUp(Number.POSITIVE_INFINITY);
    this.phase = this.#machine.begin().kind === 'serve' ? 'ready' : 'standby';
    this.#write();
  }

  moveTo(phase: Phase): void {
    this.phase = phase;
    this.moves += 1;
    this.#write();
  }

  /** Reads up to `count` entries of the log. */
  catchUp(count: number): void {
    for (let n = 0; n < count && this.#read < this.#store.log.length; n += 1) {
      this.#apply(this.#store.log[this.#read] as LogEntry);
      this.#read += 1;
      this.#machine.evaluate();
    }
  }

  get isBehind(): boolean {
    return this.#read < this.#store.log.length;
  }

  /** Fires the machine's timer. Returns whether there was one. */
  settle(): boolean {
    const callback = this.#timer;
    this.#timer = undefined;
    callback?.();
    return callback !== undefined;
  }

  evaluate(): void {
    this.#machine.evaluate();
  }

  setWithoutEndpoints(isWithout: boolean): void {
    this.#withoutEndpoints = isWithout;
    this.#write();
    this.#machine.evaluate();
  }

  #apply(entry: LogEntry): void {
    if (entry.kind === 'pin') this.#pinned = entry.pinned;
    else if (entry.kind === 'gone') this.#known.delete(entry.id);
    else {
      this.#known.set(entry.record.id, entry.record);
      if (entry.record.id === this.id) this.#acknowledged = entry.sequence;
    }
  }

  #record(): SteeredInstance {
    return {
      id: this.id,
      generation: this.generation,
      phase: this.#announcedPhase.current,
      withoutEndpoints: this.#withoutEndpoints,
    };
  }

  #write(): number {
    this.#sequence += 1;
    this.#store.log.push({ kind: 'record', record: this.#record(), sequence: this.#sequence });
    return this.#sequence;
  }
}

type Step =
  | { readonly kind: 'join'; readonly generation: number }
  | {
      readonly kind: 'crash' | 'expire' | 'settle' | 'lose-endpoints' | 'regain-endpoints' | 'hide' | 'show';
      readonly which: number;
    }
  | { readonly kind: 'read'; readonly which: number; readonly count: number }
  | { readonly kind: 'pin' | 'forge'; readonly generation: number | undefined };

const which = fc.nat(9);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('join' as const), generation: fc.nat(3) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('crash' as const, 'lose-endpoints', 'regain-endpoints', 'hide', 'show'),
      which,
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('settle' as const, 'expire'), which }) },
  {
    weight: 9,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      which,
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('pin' as const, 'forge'),
      generation: fc.option(fc.nat(3), { nil: undefined }),
    }),
  },
);

class FleetModel {
  readonly store = new StoreModel();
  instances: InstanceModel[] = [];
  /** Crashed, with a lease that has not expired: their records are still there. */
  unexpired: InstanceModel[] = [];
  #started = 0;

  run(step: Step): void {
    const instance =
      'which' in step ? this.instances[step.which % Math.max(1, this.instances.length)] : undefined;
    switch (step.kind) {
      case 'join':
        if (this.instances.length < 8)
          this.instances.push(new InstanceModel(`i${this.#started++}`, step.generation, this.store));
        break;
      case 'crash':
        if (instance === undefined) break;
        this.instances = this.instances.filter((other) => other !== instance);
        this.unexpired.push(instance);
        break;
      case 'expire': {
        const gone = this.unexpired.shift();
        if (gone !== undefined) this.store.log.push({ kind: 'gone', id: gone.id });
        break;
      }
      case 'settle':
        instance?.settle();
        break;
      case 'read':
        instance?.catchUp(step.count);
        break;
      case 'lose-endpoints':
      case 'regain-endpoints':
        instance?.setWithoutEndpoints(step.kind === 'lose-endpoints');
        break;
      case 'hide':
      case 'show':
        if (instance === undefined) break;
        if (step.kind === 'hide') this.store.unproven.add(instance.id);
        else this.store.unproven.delete(instance.id);
        // Each has a timer of its own that notices.
        for (const other of this.instances) other.evaluate();
        break;
      case 'forge': {
        const { generation = 9 } = step;
        this.store.forge({ id: `forged-${generation}`, generation, phase: 'ready', withoutEndpoints: false });
        break;
      }
      case 'pin':
        this.store.log.push({ kind: 'pin', pinned: step.generation });
        break;
      default:
        step satisfies never;
    }
  }

  /** Delivers every event and fires every timer. Returns whether an end was reached. */
  settle(): boolean {
    while (this.unexpired.length > 0) this.run({ kind: 'expire', which: 0 });
    for (let round = 0; round < 100; round += 1) {
      let hasChanged = false;
      for (const instance of this.instances) {
        if (instance.isBehind) hasChanged = true;
        instance.catchUp(Number.POSITIVE_INFINITY);
      }
      for (const instance of this.instances) if (instance.settle()) hasChanged = true;
      if (!hasChanged) return true;
    }
    return false;
  }
}

const steered: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('settle' as const), which }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('read' as const), which, count: fc.constant(1) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('lose-endpoints' as const, 'regain-endpoints'), which }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('pin' as const),
      generation: fc.constantFrom(1, 2, undefined),
    }),
  },
);

describe('while pins change faster than records travel', () => {
  it('at least one instance is ready at every moment', () => {
    fc.assert(
      fc.property(fc.array(steered, { minLength: 20, maxLength: 200 }), (steps) => {
        const fleet = new FleetModel();
        for (const generation of [1, 2]) fleet.run({ kind: 'join', generation });
        for (const each of steps) {
          fleet.run(each);
          expect(fleet.instances.some(({ phase }) => phase === 'ready')).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('with any joins, crashes, pins and delays', () => {
  it('at least one instance is ready whenever all events have arrived', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const fleet = new FleetModel();
        for (const each of steps) {
          fleet.run(each);
          // A crashed instance counts as ready until its lease expires and the expiry has been
          // read.
          const isAnyRecordStale =
            fleet.unexpired.length > 0 || fleet.instances.some((instance) => instance.isBehind);
          if (fleet.instances.length === 0 || isAnyRecordStale) continue;
          expect(fleet.instances.some(({ phase }) => phase === 'ready')).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('settles with a ready instance and few phase changes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const fleet = new FleetModel();
        for (const each of steps) fleet.run(each);
        const moves = (): number => fleet.instances.reduce((sum, instance) => sum + instance.moves, 0);
        const before = moves();
        expect(fleet.settle()).toBe(true);
        expect(moves() - before).toBeLessThanOrEqual(4 * fleet.instances.length);
        if (fleet.instances.length > 0)
          expect(fleet.instances.some(({ phase }) => phase === 'ready')).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('with forged records of ready instances', () => {
  it('no instance stands by on account of them, pinned or newer', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(9), { nil: undefined }), { minLength: 1 }), (generations) => {
        const fleet = new FleetModel();
        for (const generation of [1, 1, 1]) fleet.run({ kind: 'join', generation });
        for (const generation of generations) {
          fleet.run({ kind: 'forge', generation });
          fleet.run({ kind: 'pin', generation });
        }
        fleet.settle();
        expect(fleet.instances.map(({ phase }) => phase)).toEqual(['ready', 'ready', 'ready']);
      }),
    );
  });
});
