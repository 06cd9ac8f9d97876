import type { Ledger } from '../../src/ledger/ledger.ts';
import { MemoryLedger } from '../../src/ledger/memoryLedger.ts';
import { plainRequest } from '../../src/request/schedulingRequest.ts';
import type { Endpoint } from '../../src/scheduling/endpoint.ts';
import type { Random } from '../../src/scheduling/load.ts';
import { PolicySet } from '../../src/scheduling/policySet.ts';
import { at, randomIndex } from '../../src/scheduling/sample.ts';
import { type Decision, Scheduler } from '../../src/scheduling/scheduler.ts';
import type { Scenario } from './scenario.ts';
import type { Scheme } from './schemes.ts';
import { SimulatedLedger } from './simulatedLedger.ts';
import type { SimulatedStore } from './simulatedStore.ts';
import type { VirtualClock } from './virtualClock.ts';

interface Instance {
  readonly id: string;
  readonly ledger: Ledger;
  readonly scheduler: Scheduler;
}

/** As `etcd.leaseTtlSeconds`: how long the counts of a crashed instance remain. */
const leaseTtlMs = 5_000;
/** Interval of churn events. */
const churnEveryMs = 10_000;
/** How long an instance that leaves runs beside its successor. */
const overlapMs = 2_000;

export interface FleetOptions {
  readonly scenario: Scenario;
  readonly scheme: Scheme;
  readonly endpoints: readonly Endpoint[];
  readonly clock: VirtualClock;
  readonly store: SimulatedStore;
  readonly random: Random;
}

/** The instances of a run, each with the scheduler of the product and the ledger of its scheme. */
export class SimulatedFleet {
  readonly #options: FleetOptions;
  readonly #globalLedger = new MemoryLedger();
  /** The instances that get requests, oldest first. */
  readonly #active: Instance[] = [];
  #started = 0;
  #endpoints: readonly Endpoint[];

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#endpoints = options.endpoints;
    for (let i = 0; i < options.scenario.instances; i += 1) this.#start();
  }

  /** Schedules one request at a random instance, as behind a load balancer. */
  schedule(request = plainRequest): { readonly instance: string; readonly decision: Decision } {
    const { id, scheduler } = at(this.#active, randomIndex(this.#active.length, this.#options.random));
    return { instance: id, decision: scheduler.schedule(request) };
  }

  /** The pod leaves the pool; its requests go on. */
  removeEndpoint(address: string): void {
    this.#endpoints = this.#endpoints.filter((endpoint) => endpoint.address !== address);
  }

  /** Starts the churn of the scenario, until `untilMs`. */
  churn(untilMs: number): void {
    const { clock, scenario } = this.#options;
    if (scenario.churn === 'none') return;
    clock.after(churnEveryMs, () => {
      if (clock.nowMs() > untilMs) return;
      this.#churnOnce();
      this.churn(untilMs);
    });
  }

  #churnOnce(): void {
    const { clock, scenario } = this.#options;
    switch (scenario.churn) {
      case 'join':
        // One more instance for some time; it starts without counts.
        this.#start();
        clock.after(churnEveryMs / 2, () => this.#drainOldest());
        return;
      case 'crash':
        this.#crashOldest();
        clock.after(overlapMs, () => this.#start());
        return;
      case 'upgrade':
        this.#start();
        clock.after(overlapMs, () => this.#drainOldest());
        return;
      case 'none':
        return;
      default:
        scenario.churn satisfies never;
    }
  }

  #start(): void {
    const { random, scheme } = this.#options;
    this.#started += 1;
    const id = `instance-${this.#started}`;
    const ledger = this.#ledgerOf(id);
    const scheduler = new Scheduler({
      pool: { ready: () => this.#endpoints, all: () => this.#endpoints },
      ledger,
      policies: new PolicySet({
        random,
        definitions: [{ name: 'least-request', summary: scheme.name, create: () => scheme.policy(random) }],
      }),
      rules: () => ({ policy: 'least-request', allowRequestPolicy: false, unknownPolicy: 'reject' }),
      random,
    });
    this.#active.push({ id, ledger, scheduler });
  }

  #ledgerOf(id: string): Ledger {
    const { clock, store, scenario, scheme } = this.#options;
    switch (scheme.knowledge) {
      case 'true':
        return this.#globalLedger;
      case 'own':
        return new MemoryLedger();
      case 'shared':
        return new SimulatedLedger({ id, clock, store, minIntervalMs: scenario.syncMs });
      default:
        return scheme.knowledge satisfies never;
    }
  }

  /** Its requests continue, but are not counted after its lease has expired. */
  #crashOldest(): void {
    const { clock, store } = this.#options;
    const crashed = this.#active.shift();
    if (!(crashed?.ledger instanceof SimulatedLedger)) return;
    crashed.ledger.stop();
    clock.after(leaseTtlMs, () => store.delete(crashed.id));
  }

  /** It gets no new request and leaves after its last one. */
  #drainOldest(): void {
    const { clock, store } = this.#options;
    const leaving = this.#active.shift();
    if (!(leaving?.ledger instanceof SimulatedLedger)) return;
    const { id, ledger } = leaving;
    const leaveWhenIdle = (): void => {
      if (ledger.local().size > 0) {
        clock.after(overlapMs, leaveWhenIdle);
        return;
      }
      ledger.stop();
      store.delete(id);
    };
    leaveWhenIdle();
  }
}
