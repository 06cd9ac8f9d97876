import type { Topology } from '../testbed/topology.ts';
import type { Rehearsal } from './rehearsal.ts';
import { type DashboardState, renderDashboard, renderStatusLine } from './renderDashboard.ts';
import { Screen } from './screen.ts';

/** Shows a running rehearsal: a dashboard on a terminal, a status line at intervals elsewhere. */
export interface DashboardOptions {
  readonly topology: Topology;
  readonly rehearsal: Rehearsal;
  readonly clients: number;
  /** Interval of the status lines where there is no terminal. */
  readonly lineEveryMs: number;
}

const drawIntervalMs = 200;
const rateWindowMs = 3000;

export class Dashboard {
  readonly #options: DashboardOptions;
  readonly #screen = new Screen(process.stdout);
  #served: { readonly atMs: number; readonly ok: number }[] = [];
  #drawTimer: NodeJS.Timeout | undefined;

  constructor(options: DashboardOptions) {
    this.#options = options;
  }

  start(): void {
    const intervalMs = process.stdout.isTTY ? drawIntervalMs : this.#options.lineEveryMs;
    this.#drawTimer = setInterval(() => this.#draw(), intervalMs);
  }

  /** Stops drawing and shows the cursor again. Idempotent. */
  close(): void {
    clearInterval(this.#drawTimer);
    this.#screen.close();
  }

  #draw(): void {
    const state = this.#state();
    if (process.stdout.isTTY) this.#screen.draw(renderDashboard(state, this.#screen.columns));
    else this.#screen.print([renderStatusLine(state)]);
  }

  #state(): DashboardState {
    const { topology, rehearsal, clients } = this.#options;
    const { envoy, instances, poolPods: targets } = topology;
    const states = instances.map(({ name }) => rehearsal.statePoller.latest(name));
    const { elapsedMs, counts } = rehearsal;
    return {
      elapsedMs,
      step: rehearsal.status,
      clients,
      envoyUrl: envoy.url,
      instances: instances.map(({ name, address, release }, index) => ({
        name,
        address,
        release,
        phase: states[index]?.instance.phase ?? 'down',
      })),
      pods: targets.map(({ id, address }) => ({
        name: id,
        countsByInstance: states.map((state) => state?.pool.find((endpoint) => endpoint.address === address)),
      })),
      load: { ...counts, perSecond: this.#perSecond(elapsedMs, counts.ok) },
    };
  }

  /** Responses per second over the last seconds. */
  #perSecond(atMs: number, ok: number): number {
    this.#served.push({ atMs, ok });
    this.#served = this.#served.filter((sample) => atMs - sample.atMs <= rateWindowMs);
    const [oldest] = this.#served;
    return oldest && atMs > oldest.atMs ? ((ok - oldest.ok) * 1000) / (atMs - oldest.atMs) : 0;
  }
}
