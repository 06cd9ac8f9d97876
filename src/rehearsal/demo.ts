import { parseArgs } from 'node:util';
import { processSurroundings } from '../config/surroundings.ts';
import { picture, type Scene, ticker } from './picture.ts';
import { portsSummary } from './portsSummary.ts';
import { rollingUpgrade } from './rollingUpgrade.ts';
import { Screen } from './screen.ts';
import { SseLoad } from './sseLoad.ts';
import { StateWatch } from './stateWatch.ts';
import { findTools } from './tools.ts';
import { startTopology, type Topology } from './topology.ts';
import { complaints, verdict } from './verdict.ts';

/**
 * `make demo`: the whole system on this machine, live traffic, a rolling upgrade of both instances, a verdict.
 * With `--once` it ends after the verdict, with exit code 1 if a request failed or was cut or an instance began
 * with an empty view; without, it stays up until Ctrl-C.
 */
const usage = `usage: npm run demo -- [--once] [--clients N]

  --once       end after the verdict; exit code 1 unless no client noticed the upgrade
  --clients N  streaming clients at once (default 60)
`;

/** Unequal pods, so that the counts look like 10, 20, 30 and an empty view is seen at once. */
const podWeights = [1, 2, 3];
const podFlags = { slots: 100, 'ttft-ms': 300, 'token-ms': 50, tokens: 40, jitter: 0.3 };
const oldRelease = { release: '1.0.0', generation: 1 };
const newRelease = { release: '1.1.0', generation: 2 };
/** How long the viewer sees each state of things before the next act. */
const actMs = 4000;

interface DemoOptions {
  readonly isOnce: boolean;
  readonly clients: number;
}

class Demo {
  readonly #options: DemoOptions;
  readonly #topology: Topology;
  readonly #load: SseLoad;
  readonly #watch: StateWatch;
  readonly #screen = new Screen(process.stdout);
  readonly #startMs = performance.now();
  #step = 'traffic begins';
  #served: { readonly atMs: number; readonly ok: number }[] = [];
  #redraw: NodeJS.Timeout | undefined;

  constructor(topology: Topology, options: DemoOptions) {
    this.#options = options;
    this.#topology = topology;
    const pace = { kind: 'closed', clients: options.clients, rampMs: 2000 } as const;
    this.#load = new SseLoad({ url: topology.chatUrl, pace });
    this.#watch = new StateWatch(topology.instances);
  }

  /** Traffic, upgrade, verdict. Answers whether all went well. */
  async play(): Promise<boolean> {
    const { isTTY } = process.stdout;
    this.#watch.start();
    void this.#load.start();
    this.#redraw = setInterval(() => this.#show(), isTTY ? 200 : 1000);
    await this.#act('both instances share the work and one view of it');
    const upgrades = await rollingUpgrade(this.#topology, newRelease, this.#watch, (step) => {
      this.#step = step;
    });
    await this.#act(`both instances run release ${newRelease.release}`);
    this.#step = 'the clients finish';
    const report = await this.#load.stop();
    const pods = new Map(this.#topology.pods.map(({ address, id }) => [address, id]));
    const rehearsed = { report, upgrades, pods };
    await this.close();
    this.#screen.print(['', ...verdict(rehearsed)]);
    return complaints(rehearsed).length === 0;
  }

  /** Stops drawing and asking. Idempotent. */
  async close(): Promise<void> {
    clearInterval(this.#redraw);
    await this.#watch.stop();
    this.#screen.close();
  }

  async #act(step: string): Promise<void> {
    this.#step = step;
    await new Promise((resolve) => setTimeout(resolve, actMs));
  }

  #show(): void {
    const scene = this.#scene();
    if (process.stdout.isTTY) this.#screen.draw(picture(scene, this.#screen.columns));
    else this.#screen.print([ticker(scene)]);
  }

  #scene(): Scene {
    const { envoy, instances, pods } = this.#topology;
    const { sent, ok, inFlight, failed, cut } = this.#load.report();
    const states = instances.map(({ name }) => this.#watch.latest(name));
    return {
      elapsedMs: performance.now() - this.#startMs,
      step: this.#step,
      clients: this.#options.clients,
      envoyUrl: envoy.url,
      instances: instances.map(({ name, address, release }, index) => ({
        name,
        address,
        release,
        phase: states[index]?.instance.phase ?? 'down',
      })),
      pods: pods.map(({ id, address }) => ({
        name: id,
        seenBy: states.map((state) => state?.pool.find((endpoint) => endpoint.address === address)),
      })),
      load: { sent, ok, inFlight, failed, cut, perSecond: this.#perSecond(ok) },
    };
  }

  /** Answers per second over the last few seconds. */
  #perSecond(ok: number): number {
    const atMs = performance.now();
    this.#served.push({ atMs, ok });
    this.#served = this.#served.filter((sample) => atMs - sample.atMs <= 3000);
    const [oldest] = this.#served;
    return oldest && atMs > oldest.atMs ? ((ok - oldest.ok) * 1000) / (atMs - oldest.atMs) : 0;
  }
}

async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n\n${usage}`);
    return 64;
  }
  const interrupted = onInterrupt();
  process.stdout.write('starting etcd, 3 simulated pods, 2 Baton instances and Envoy …\n');
  const starting = startTopology({
    tools: findTools(processSurroundings().environment),
    podWeights,
    podFlags,
    baton: { instance: oldRelease },
  });
  const topology = await Promise.race([starting, interrupted]);
  if (topology === 'interrupted') {
    process.stdout.write('ending what has been started …\n');
    await starting.then((started) => started.stop()).catch(() => {});
    return 130;
  }

  const demo = new Demo(topology, options);
  try {
    const outcome = await Promise.race([demo.play(), interrupted]);
    if (outcome === 'interrupted') return 130;
    if (options.isOnce) return outcome ? 0 : 1;
    process.stdout.write(`\nEverything stays up until Ctrl-C. ${portsSummary(topology).join('\n')}\n`);
    await interrupted;
    return outcome ? 0 : 1;
  } finally {
    await demo.close();
    await topology.stop();
  }
}

/** The first Ctrl-C ends the demo in good order, a second one at once. */
function onInterrupt(): Promise<'interrupted'> {
  return new Promise((resolve) => {
    let firstMs: number | undefined;
    const onSignal = () => {
      firstMs ??= performance.now();
      // npm passes on what the terminal sends as well: the same Ctrl-C comes twice.
      if (performance.now() - firstMs > 500) process.exit(130);
      resolve('interrupted');
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  });
}

function readOptions(): DemoOptions | string {
  try {
    const { values } = parseArgs({ options: { once: { type: 'boolean' }, clients: { type: 'string' } } });
    const clients = Number(values.clients ?? 60);
    if (!Number.isInteger(clients) || clients < 1)
      return `--clients ${values.clients}: expected a number from 1 up`;
    return { isOnce: values.once ?? false, clients };
  } catch (error) {
    return (error as Error).message;
  }
}

// Not exitCode: after Ctrl-C in the middle there may be clients and a step of the upgrade under way.
process.exit(
  await main().catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    return 1;
  }),
);
