import type { Baton } from './baton.ts';
import type { Release } from './release.ts';
import type { Counts, StatePoller } from './statePoller.ts';
import type { Topology } from './topology.ts';
import { until } from './until.ts';

/**
 * A rolling upgrade: each instance in turn gets SIGTERM, drains and exits, and the next release
 * starts on the same port before the next instance follows.
 */
export interface InstanceUpgrade {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** SIGTERM to exit 0. */
  readonly drainMs: number;
  /** From the start of the new process until it is ready. */
  readonly startMs: number;
  /** Undefined when no request reached it in time. */
  readonly firstDecision: UpgradeFirstDecision | undefined;
}

export interface UpgradeFirstDecision {
  /** ms since 1970. */
  readonly atMs: number;
  /** The requests in flight in the view of the new instance at its first decision. */
  readonly believed: Counts;
  /** The local counts of the other instances, together, at about that time. */
  readonly othersCounted: Counts;
}

const firstDecisionWaitMs = 15_000;

/** @throws Error when an instance does not end cleanly or does not start. */
export async function rollingUpgrade(
  topology: Topology,
  next: Release,
  poller: StatePoller,
  onStatus: (step: string) => void = () => {},
  onUpgraded: (upgrade: InstanceUpgrade) => void = () => {},
): Promise<InstanceUpgrade[]> {
  const upgrades: InstanceUpgrade[] = [];
  for (const instance of topology.instances) {
    const upgrade = await upgradeOne(topology, instance, next, poller, onStatus);
    upgrades.push(upgrade);
    onUpgraded(upgrade);
  }
  return Promise.all(upgrades.map((upgrade) => withFirstDecision(upgrade, topology, poller)));
}

/** An instance that started in standby serves once all instances are of its generation. */
async function withFirstDecision(
  upgrade: InstanceUpgrade,
  { envoy, instances }: Topology,
  poller: StatePoller,
): Promise<InstanceUpgrade> {
  const instance = instances.find(({ name }) => name === upgrade.name);
  if (upgrade.firstDecision || !instance) return upgrade;
  await envoy.waitForHealthyHost('scheduler', instance.address);
  const others = instances.filter((other) => other !== instance);
  return { ...upgrade, firstDecision: await readFirstDecision(instance, others, poller) };
}

async function upgradeOne(
  { envoy, instances }: Topology,
  instance: Baton,
  next: Release,
  poller: StatePoller,
  onStatus: (step: string) => void,
): Promise<InstanceUpgrade> {
  const { name, release: from } = instance;
  const others = instances.filter((other) => other !== instance);
  onStatus(`${name}: SIGTERM sent; it finishes its requests, new ones go to the others`);
  const terminatedMs = performance.now();
  await instance.stopCleanly();
  const endedMs = performance.now();
  onStatus(`${name}: exited with 0; release ${next.release} starts`);
  await instance.startAs(next);
  const startedMs = performance.now();
  onStatus(`${name}: release ${next.release} is ready; waiting for Envoy's health check`);
  // In an upgrade the older generation may go to standby now. In a rollback the new instance is in
  // standby until the last instance of the newer generation is replaced.
  const takesTraffic = (await instance.state()).instance.phase === 'ready';
  if (takesTraffic) await envoy.waitForHealthyHost('scheduler', instance.address);
  const firstDecision = takesTraffic ? await readFirstDecision(instance, others, poller) : undefined;
  return {
    name,
    from,
    to: next.release,
    drainMs: endedMs - terminatedMs,
    startMs: startedMs - endedMs,
    firstDecision,
  };
}

async function readFirstDecision(
  instance: Baton,
  others: readonly Baton[],
  poller: StatePoller,
): Promise<UpgradeFirstDecision | undefined> {
  const first = await until(async () => (await instance.state()).firstDecision ?? undefined, {
    what: `the first decision of ${instance.name}`,
    timeoutMs: firstDecisionWaitMs,
  }).catch(() => undefined);
  if (!first) return undefined;
  const atMs = Date.parse(first.at);
  const counted: Record<string, number> = {};
  for (const { name } of others) {
    for (const [address, count] of Object.entries(poller.localCountsAt(name, atMs)?.counts ?? {})) {
      counted[address] = (counted[address] ?? 0) + count;
    }
  }
  return { atMs, believed: first.view, othersCounted: counted };
}
