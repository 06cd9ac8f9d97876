import type { Baton } from './baton.ts';
import type { Release } from './release.ts';
import type { Counts, StatePoller } from './statePoller.ts';
import type { Topology } from './topology.ts';
import { until } from './until.ts';

/**
 * A rolling upgrade as an operator does it: one instance after the other is asked to end, ends when its
 * requests have, and comes back as the next release on the same port, before the next one's turn.
 */
export interface InstanceUpgrade {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** SIGTERM to exit 0. */
  readonly drainMs: number;
  /** Start of the new process until it takes traffic. */
  readonly startMs: number;
  /** Undefined when no request reached it in time. */
  readonly firstDecision: UpgradeFirstDecision | undefined;
}

export interface UpgradeFirstDecision {
  /** ms since 1970. */
  readonly atMs: number;
  /** What the new instance believed to be in flight when it decided for the first time. */
  readonly believed: Counts;
  /** What the other instances together counted at about that time. */
  readonly othersCounted: Counts;
}

const firstDecisionWaitMs = 15_000;

/** @throws Error when an instance does not end cleanly or does not come back. */
export async function rollingUpgrade(
  topology: Topology,
  next: Release,
  watch: StatePoller,
  tell: (step: string) => void = () => {},
  onUpgraded: (account: InstanceUpgrade) => void = () => {},
): Promise<InstanceUpgrade[]> {
  const accounts: InstanceUpgrade[] = [];
  for (const instance of topology.instances) {
    const account = await upgradeOne(topology, instance, next, watch, tell);
    accounts.push(account);
    onUpgraded(account);
  }
  return Promise.all(accounts.map((account) => withFirstDecision(account, topology, watch)));
}

/** One that stood by at first takes traffic in the end, when all are of its generation. */
async function withFirstDecision(
  account: InstanceUpgrade,
  { envoy, instances }: Topology,
  watch: StatePoller,
): Promise<InstanceUpgrade> {
  const instance = instances.find(({ name }) => name === account.name);
  if (account.firstDecision || !instance) return account;
  await envoy.waitForHealthyHost('scheduler', instance.address);
  const others = instances.filter((other) => other !== instance);
  return { ...account, firstDecision: await readFirstDecision(instance, others, watch) };
}

async function upgradeOne(
  { envoy, instances }: Topology,
  instance: Baton,
  next: Release,
  watch: StatePoller,
  tell: (step: string) => void,
): Promise<InstanceUpgrade> {
  const { name, release: from } = instance;
  const others = instances.filter((other) => other !== instance);
  tell(`${name}: SIGTERM sent; it finishes what it has accepted, the others take what is new`);
  const askedMs = performance.now();
  await instance.stopCleanly();
  const endedMs = performance.now();
  tell(`${name}: ended cleanly; release ${next.release} starts in its place`);
  await instance.startAs(next);
  const startedMs = performance.now();
  tell(`${name}: release ${next.release} is ready; Envoy has to notice`);
  // Going on, the others of the older generation may stand by from now on; going back, the new instance does,
  // until the last of the newer generation is replaced.
  const takesTraffic = (await instance.state()).instance.phase === 'ready';
  if (takesTraffic) await envoy.waitForHealthyHost('scheduler', instance.address);
  const firstDecision = takesTraffic ? await readFirstDecision(instance, others, watch) : undefined;
  return {
    name,
    from,
    to: next.release,
    drainMs: endedMs - askedMs,
    startMs: startedMs - endedMs,
    firstDecision,
  };
}

async function readFirstDecision(
  instance: Baton,
  others: readonly Baton[],
  watch: StatePoller,
): Promise<UpgradeFirstDecision | undefined> {
  const first = await until(async () => (await instance.state()).firstDecision ?? undefined, {
    what: `the first decision of ${instance.name}`,
    timeoutMs: firstDecisionWaitMs,
  }).catch(() => undefined);
  if (!first) return undefined;
  const atMs = Date.parse(first.at);
  const counted: Record<string, number> = {};
  for (const { name } of others) {
    for (const [address, count] of Object.entries(watch.localCountsAt(name, atMs)?.counts ?? {})) {
      counted[address] = (counted[address] ?? 0) + count;
    }
  }
  return { atMs, believed: first.view, othersCounted: counted };
}
