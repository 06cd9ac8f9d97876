import type { Topology } from '../testbed/topology.ts';
import type { Rehearsal } from './rehearsal.ts';
import { type DashboardState, renderDashboard, renderStatusLine } from './renderDashboard.ts';
import { Screen } from './screen.ts';

/** Shows a rehearsal while it is played: a picture on a terminal, now and then a line elsewhere. */
export interface DashboardOptions {
  readonly topology: Topology;
  readonly rehearsal: Rehearsal;
  readonly clients: number;
  /** Between two lines where there is no terminal. */
  readonly lineEveryMs: number;
}

const pictureEveryMs = 200;
const rateOverMs = 3000;

export class Dashboard {
  readonly #options: DashboardOptions;
  readonly #screen = new Screen(process.stdout);
  #served: { readonly atMs: number; readonly ok: number }[] = [];
  #drawTimer: NodeJS.Timeout | undefined;

  constructor(options: DashboardOptions) {
    this.#options = options;
  }

  start(): void {
    const everyMs = process.stdout.isTTY ? pictureEveryMs : this.#options.lineEveryMs;
    this.#drawTimer = setInterval(() => this.#draw(), everyMs);
  }

  /** Stops drawing and gives the terminal back. Idempotent. */
  close(): void {
    clearInterval(this.#drawTimer);
    this.#screen.close();
  }

  #draw(): void {
    const scene = this.#state();
    if (process.stdout.isTTY) this.#screen.draw(renderDashboard(scene, this.#screen.columns));
    else this.#screen.print([renderStatusLine(scene)]);
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

  /** Answers per second over the last few seconds. */
  #perSecond(atMs: number, ok: number): number {
    this.#served.push({ atMs, ok });
    this.#served = this.#served.filter((sample) => atMs - sample.atMs <= rateOverMs);
    const [oldest] = this.#served;
    return oldest && atMs > oldest.atMs ? ((ok - oldest.ok) * 1000) / (atMs - oldest.atMs) : 0;
  }
}
