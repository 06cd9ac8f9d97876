import fc from 'fast-check';
import type { Phase } from '../../src/phase.ts';
import { StandbyMachine } from '../../src/steering/standbyMachine.ts';
import type { SteeredInstance } from '../../src/steering/steering.ts';

/**
 * A model of the store (one ordered log of records, read by each at its own pace) and of time, around the real
 * Steersman. Instances join, crash, lose and regain their endpoints; the operator pins and releases; every
 * event may be late for everybody.
 */
type LogEntry =
  | { readonly kind: 'record'; readonly record: SteeredInstance; readonly sequence: number }
  | { readonly kind: 'gone'; readonly id: string }
  | { readonly kind: 'target'; readonly pinned: number | undefined };

class Store {
  readonly log: LogEntry[] = [];
}

class Agent {
  readonly id: string;
  readonly generation: number;
  alive = true;
  phase: Phase = 'starting';
  moves = 0;
  #withoutEndpoints = false;
  #read = 0;
  #sequence = 0;
  #shown = 0;
  #timer: (() => void) | undefined;
  readonly #known = new Map<string, SteeredInstance>();
  #pinned: number | undefined;
  readonly #store: Store;
  readonly #steersman: StandbyMachine;

  constructor(id: string, generation: number, store: Store) {
    this.id = id;
    this.generation = generation;
    this.#store = store;
    this.#steersman = new StandbyMachine({
      facts: () => ({
        self: this.#record(),
        instances: this.#known.values(),
        pinned: this.#pinned,
        minReady: undefined,
      }),
      phase: () => this.phase,
      moveTo: (phase) => {
        this.phase = phase;
        this.moves += 1;
        this.#write();
      },
      announce: () => this.#write(),
      acknowledged: () => this.#shown,
      onSettling: () => {},
      settleMs: 1,
      storeWaitMs: 1,
      after: (_ms, call) => {
        this.#timer = call;
        return () => {
          this.#timer = undefined;
        };
      },
    });
    // Joining: everything is read before the first decision.
    this.#write();
    this.catchUp(Number.POSITIVE_INFINITY);
    this.phase = this.#steersman.begin().kind === 'serve' ? 'ready' : 'standby';
    this.#write();
  }

  /** Reads up to `count` entries of the log. */
  catchUp(count: number): void {
    for (let n = 0; n < count && this.#read < this.#store.log.length; n += 1) {
      this.#apply(this.#store.log[this.#read] as LogEntry);
      this.#read += 1;
      this.#steersman.evaluate();
    }
  }

  get isBehind(): boolean {
    return this.#read < this.#store.log.length;
  }

  /** The settling time is over. */
  settle(): boolean {
    const call = this.#timer;
    this.#timer = undefined;
    call?.();
    return call !== undefined;
  }

  setWithoutEndpoints(without: boolean): void {
    this.#withoutEndpoints = without;
    this.#write();
    this.#steersman.evaluate();
  }

  #apply(entry: LogEntry): void {
    if (entry.kind === 'target') this.#pinned = entry.pinned;
    else if (entry.kind === 'gone') this.#known.delete(entry.id);
    else {
      this.#known.set(entry.record.id, entry.record);
      if (entry.record.id === this.id) this.#shown = entry.sequence;
    }
  }

  #record(): SteeredInstance {
    return {
      id: this.id,
      generation: this.generation,
      phase: this.#steersman?.announcedPhase() ?? this.phase,
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
  | { readonly kind: 'crash' | 'expire' | 'settle' | 'starve' | 'feed'; readonly which: number }
  | { readonly kind: 'read'; readonly which: number; readonly count: number }
  | { readonly kind: 'pin'; readonly generation: number | undefined };

const which = fc.nat(9);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('join' as const), generation: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('crash' as const, 'starve', 'feed'), which }) },
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
      kind: fc.constant('pin' as const),
      generation: fc.option(fc.nat(3), { nil: undefined }),
    }),
  },
);

class World {
  readonly store = new Store();
  agents: Agent[] = [];
  /** Crashed, but their lease has not run out: nobody can know. */
  unexpired: Agent[] = [];
  #born = 0;

  run(step: Step): void {
    const agent = 'which' in step ? this.agents[step.which % Math.max(1, this.agents.length)] : undefined;
    switch (step.kind) {
      case 'join':
        if (this.agents.length < 8)
          this.agents.push(new Agent(`i${this.#born++}`, step.generation, this.store));
        break;
      case 'crash':
        if (agent === undefined) break;
        this.agents = this.agents.filter((other) => other !== agent);
        this.unexpired.push(agent);
        break;
      case 'expire': {
        const gone = this.unexpired.shift();
        if (gone !== undefined) this.store.log.push({ kind: 'gone', id: gone.id });
        break;
      }
      case 'settle':
        agent?.settle();
        break;
      case 'read':
        agent?.catchUp(step.count);
        break;
      case 'starve':
      case 'feed':
        agent?.setWithoutEndpoints(step.kind === 'starve');
        break;
      case 'pin':
        this.store.log.push({ kind: 'target', pinned: step.generation });
        break;
      default:
        step satisfies never;
    }
  }

  /** Time passes and everything arrives. Answers whether it came to rest. */
  comeToRest(): boolean {
    while (this.unexpired.length > 0) this.run({ kind: 'expire', which: 0 });
    for (let round = 0; round < 100; round += 1) {
      let happened = false;
      for (const agent of this.agents) {
        if (agent.isBehind) happened = true;
        agent.catchUp(Number.POSITIVE_INFINITY);
      }
      for (const agent of this.agents) if (agent.settle()) happened = true;
      if (!happened) return true;
    }
    return false;
  }
}

const steered: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('settle' as const), which }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('read' as const), which, count: fc.constant(1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('starve' as const, 'feed'), which }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('pin' as const),
      generation: fc.constantFrom(1, 2, undefined),
    }),
  },
);

describe('while the operator changes his mind faster than records travel', () => {
  it('never has everybody standing by', () => {
    fc.assert(
      fc.property(fc.array(steered, { minLength: 20, maxLength: 200 }), (steps) => {
        const world = new World();
        for (const generation of [1, 2]) world.run({ kind: 'join', generation });
        for (const each of steps) {
          world.run(each);
          expect(world.agents.some(({ phase }) => phase === 'ready')).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('whatever joins, crashes, pins and delays there are', () => {
  it('never leaves everybody standing by when all that is known has arrived', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const world = new World();
        for (const each of steps) {
          world.run(each);
          // Who crashed is believed to serve until the lease has run out and its end has been read.
          const someBelieveTheDead =
            world.unexpired.length > 0 || world.agents.some((agent) => agent.isBehind);
          if (world.agents.length === 0 || someBelieveTheDead) continue;
          expect(world.agents.some(({ phase }) => phase === 'ready')).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('settles, with somebody serving and nobody flapping', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const world = new World();
        for (const each of steps) world.run(each);
        const moves = (): number => world.agents.reduce((sum, agent) => sum + agent.moves, 0);
        const before = moves();
        expect(world.comeToRest()).toBe(true);
        expect(moves() - before).toBeLessThanOrEqual(4 * world.agents.length);
        if (world.agents.length > 0) expect(world.agents.some(({ phase }) => phase === 'ready')).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
