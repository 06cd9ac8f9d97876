import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Random } from '../../src/scheduling/load.ts';
import type { Etcd } from '../../tools/testbed/etcd.ts';
import type { FaultProxy, Fault as ProxyFault } from '../support/faultProxy.ts';
import { type LeasesByName, leasesAreSettled, leasesOf } from './leases.ts';
import { type SoakEnvironment, type SoakMember, setLines } from './soakEnvironment.ts';
import type { PodConduct } from './streamLoad.ts';

/**
 * The faults of the soak, drawn at random. When the promise of a fault resolves, the fault is over
 * and what it stopped runs again. The counts are checked elsewhere (quiescence.ts), and the leases
 * here: while a quorum of etcd answers, none may be lost.
 *
 * The last member is never stopped, only paused and disconnected: its process must survive
 * everything.
 */
export interface SoakFault {
  readonly name: string;
  run(environment: SoakEnvironment, random: Random, signal: AbortSignal): Promise<string>;
}

const stopTimeoutMs = 60_000;

export const faults: readonly SoakFault[] = [
  {
    name: 'upgrade',
    run: async ({ members }, random) => {
      const member = replaceable(members, random);
      await member.baton.stop(stopTimeoutMs);
      member.generation = Math.max(...members.map(({ generation }) => generation)) + (random() < 0.7 ? 1 : 0);
      await member.start();
      return `${member.baton.name} to generation ${member.generation}`;
    },
  },
  {
    name: 'kill -9',
    run: async ({ members }, random, signal) => {
      const member = replaceable(members, random);
      await member.baton.kill();
      const awayMs = await pause(random, 0, 4_000, signal);
      await member.start();
      return `${member.baton.name}, away for ${awayMs} ms`;
    },
  },
  {
    name: 'pause',
    run: async ({ members }, random, signal) => {
      const member = pickOne(members, random);
      member.baton.process.pause();
      const pausedMs = await pause(random, 300, 8_000, signal);
      member.baton.process.resume();
      return `${member.baton.name} for ${pausedMs} ms`;
    },
  },
  {
    name: 'etcd killed',
    run: async ({ etcd }, random, signal) => {
      await etcd.kill();
      const awayMs = await pause(random, 0, 8_000, signal);
      await etcd.restart('kept');
      return `away for ${awayMs} ms`;
    },
  },
  {
    name: 'etcd frozen',
    run: async ({ etcd }, random, signal) => {
      for (const { process } of etcd.members) process.pause();
      const frozenMs = await pause(random, 300, 8_000, signal);
      for (const { process } of etcd.members) process.resume();
      return `for ${frozenMs} ms`;
    },
  },
  {
    name: 'etcd emptied',
    run: async ({ etcd }) => {
      await etcd.kill();
      await etcd.restart('empty');
      return 'without its data';
    },
  },
  memberFault('etcd member killed', async (member) => {
    await member.kill();
    return () => member.restart('kept');
  }),
  memberFault('etcd member frozen', async ({ process }) => {
    process.pause();
    return async () => process.resume();
  }),
  memberFault('etcd member late', async (_member, nth, { members }) => {
    const setLine = (fault: ProxyFault) => {
      for (const { proxies } of members) (proxies[nth] as FaultProxy).fault = fault;
    };
    // Each way, so an answer is 500 ms late.
    setLine({ kind: 'delay', ms: 250 });
    return async () => setLine({ kind: 'none' });
  }),
  podFault('pods failing', 'failing'),
  podFault('pods hanging', 'hanging'),
  proxyFault('connection cut', () => ({ kind: 'cut' })),
  proxyFault('connection delayed', (random) => ({ kind: 'delay', ms: Math.round(50 + random() * 600) })),
  proxyFault('connection lossy', (random) => ({
    kind: 'loss',
    direction: random() < 0.5 ? 'to-server' : 'to-client',
  })),
  {
    name: 'endpoints changed',
    run: async ({ endpoints, writeEndpoints }, random) => {
      const offered = endpoints.filter(() => random() < 0.7);
      writeEndpoints(offered.length > 0 ? offered : endpoints);
      return `${offered.length} of ${endpoints.length}`;
    },
  },
];

/**
 * One member of etcd is out of order, whatever its role.
 *
 * @param fail returns what ends the fault
 */
function memberFault(
  name: string,
  fail: (member: Etcd, nth: number, environment: SoakEnvironment) => Promise<() => Promise<void>>,
): SoakFault {
  return {
    name,
    run: async (environment, random, signal) => {
      const { members, etcd } = environment;
      const nth = Math.floor(random() * etcd.members.length);
      const member = etcd.members[nth] as Etcd;
      const before = await leasesAreSettled(members);
      const recover = await fail(member, nth, environment);
      let faultyMs: number;
      let after: LeasesByName;
      try {
        faultyMs = await pause(random, 2_000, 8_000, signal);
        after = await leasesOf(members);
      } finally {
        await recover();
      }
      const details = `${member.process.name} for ${faultyMs} ms`;
      if (!isDeepStrictEqual(after, before))
        throw new Error(
          `${name}, ${details}: leases were lost while a quorum answered: ` +
            `${JSON.stringify(before)} before, ${JSON.stringify(after)} after`,
        );
      return details;
    },
  };
}

/** A few pods that do not serve as usual. The details say how many instances hold in quarantine. */
function podFault(name: string, conduct: PodConduct): SoakFault {
  return {
    name,
    run: async (environment, random, signal) => {
      const affected = Array.from({ length: 3 }, () => pickOne(environment.endpoints, random));
      for (const address of affected) environment.conduct.set(address, conduct);
      const faultyMs = await pause(random, 1_000, 6_000, signal);
      const quarantined = await Promise.all(environment.members.map(quarantinedBy));
      environment.conduct.clear();
      return `${affected.join(' ')} for ${faultyMs} ms, in quarantine: ${quarantined.join(' ')}`;
    },
  };
}

async function quarantinedBy({ baton }: SoakMember): Promise<string> {
  const { pool } = await baton.state();
  return `${baton.name} ${pool.filter(({ quarantine }) => quarantine !== null).length}`;
}

/** A fault on the connection of one member or of all. */
function proxyFault(name: string, drawFault: (random: Random) => ProxyFault): SoakFault {
  return {
    name,
    run: async ({ members }, random, signal) => {
      const affected = random() < 0.3 ? members : [pickOne(members, random)];
      const fault = drawFault(random);
      for (const member of affected) setLines(member, fault);
      const faultyMs = await pause(random, 300, 8_000, signal);
      for (const member of affected) setLines(member, { kind: 'none' });
      return `${affected.map(({ baton }) => baton.name).join(' ')} for ${faultyMs} ms: ${JSON.stringify(fault)}`;
    },
  };
}

/** Every fault once in a random order, then again, so that a short run has different ones. */
export function* drawFaults(random: Random): Generator<SoakFault, never> {
  for (;;) {
    const remaining = [...faults];
    while (remaining.length > 0)
      yield remaining.splice(Math.floor(random() * remaining.length), 1)[0] as SoakFault;
  }
}

function pickOne<T>(all: readonly T[], random: Random): T {
  return all[Math.floor(random() * all.length)] as T;
}

function replaceable(members: readonly SoakMember[], random: Random): SoakMember {
  return pickOne(members.slice(0, -1), random);
}

/** Ends early on abort; the fault must be undone in any case. */
async function pause(random: Random, minMs: number, maxMs: number, signal: AbortSignal): Promise<number> {
  const ms = Math.round(minMs + random() * (maxMs - minMs));
  await sleep(ms, undefined, { signal }).catch(() => {});
  return ms;
}
