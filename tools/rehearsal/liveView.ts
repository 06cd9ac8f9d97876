import type { Topology } from '../testbed/topology.ts';
import { picture, type Scene, ticker } from './dashboardState.ts';
import type { Rehearsal } from './rehearsal.ts';
import { Screen } from './screen.ts';

/** Shows a rehearsal while it is played: a picture on a terminal, now and then a line elsewhere. */
export interface LiveViewOptions {
  readonly topology: Topology;
  readonly rehearsal: Rehearsal;
  readonly clients: number;
  /** Between two lines where there is no terminal. */
  readonly lineEveryMs: number;
}

const pictureEveryMs = 200;
const rateOverMs = 3000;

export class LiveView {
  readonly #options: LiveViewOptions;
  readonly #screen = new Screen(process.stdout);
  #served: { readonly atMs: number; readonly ok: number }[] = [];
  #redraw: NodeJS.Timeout | undefined;

  constructor(options: LiveViewOptions) {
    this.#options = options;
  }

  start(): void {
    const everyMs = process.stdout.isTTY ? pictureEveryMs : this.#options.lineEveryMs;
    this.#redraw = setInterval(() => this.#show(), everyMs);
  }

  /** Stops drawing and gives the terminal back. Idempotent. */
  close(): void {
    clearInterval(this.#redraw);
    this.#screen.close();
  }

  #show(): void {
    const scene = this.#scene();
    if (process.stdout.isTTY) this.#screen.draw(picture(scene, this.#screen.columns));
    else this.#screen.print([ticker(scene)]);
  }

  #scene(): Scene {
    const { topology, rehearsal, clients } = this.#options;
    const { envoy, instances, targets } = topology;
    const states = instances.map(({ name }) => rehearsal.watch.latest(name));
    const { elapsedMs, counts } = rehearsal;
    return {
      elapsedMs,
      step: rehearsal.now,
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
        seenBy: states.map((state) => state?.pool.find((endpoint) => endpoint.address === address)),
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
