import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../src/scheduling/load.ts';
import type { Fault as LineFault } from '../support/faultProxy.ts';
import type { Member, SoakEnvironment } from './soakEnvironment.ts';

/**
 * What happens to the world, drawn at random. Each fault is over, and what it ended runs again, when its promise
 * resolves; whether the counts are right after it is not asked here.
 *
 * The last member is never ended, only frozen and cut off: it has to come well through everything.
 */
export interface SoakFault {
  readonly name: string;
  run(world: SoakEnvironment, random: Random, signal: AbortSignal): Promise<string>;
}

const endSeconds = 60;

export const faults: readonly SoakFault[] = [
  {
    name: 'upgrade',
    run: async ({ members }, random) => {
      const member = mortal(members, random);
      await member.baton.stop(endSeconds * 1_000);
      member.generation = Math.max(...members.map(({ generation }) => generation)) + (random() < 0.7 ? 1 : 0);
      await member.start();
      return `${member.baton.name} to generation ${member.generation}`;
    },
  },
  {
    name: 'kill -9',
    run: async ({ members }, random, signal) => {
      const member = mortal(members, random);
      await member.baton.kill();
      const awayMs = await pause(random, 0, 4_000, signal);
      await member.start();
      return `${member.baton.name}, away for ${awayMs} ms`;
    },
  },
  {
    name: 'freeze',
    run: async ({ members }, random, signal) => {
      const member = one(members, random);
      member.baton.process.pause();
      const frozenMs = await pause(random, 300, 6_000, signal);
      member.baton.process.resume();
      return `${member.baton.name} for ${frozenMs} ms`;
    },
  },
  {
    name: 'etcd killed',
    run: async ({ etcd }, random, signal) => {
      await etcd.kill();
      const awayMs = await pause(random, 0, 6_000, signal);
      await etcd.restart('kept');
      return `away for ${awayMs} ms`;
    },
  },
  {
    name: 'etcd emptied',
    run: async ({ etcd }) => {
      await etcd.kill();
      await etcd.restart('empty');
      return 'it has lost its data';
    },
  },
  line('line cut', () => ({ kind: 'cut' })),
  line('line delayed', (random) => ({ kind: 'delay', ms: Math.round(50 + random() * 600) })),
  line('line lossy', (random) => ({
    kind: 'loss',
    direction: random() < 0.5 ? 'to-server' : 'to-client',
  })),
  {
    name: 'endpoints changed',
    run: async ({ endpoints, offer }, random) => {
      const offered = endpoints.filter(() => random() < 0.7);
      offer(offered.length > 0 ? offered : endpoints);
      return `${offered.length} of ${endpoints.length}`;
    },
  },
];

/** Of one member or of all. */
function line(name: string, draw: (random: Random) => LineFault): SoakFault {
  return {
    name,
    run: async ({ members }, random, signal) => {
      const hit = random() < 0.3 ? members : [one(members, random)];
      const fault = draw(random);
      for (const member of hit) member.line.fault = fault;
      const badMs = await pause(random, 300, 7_000, signal);
      for (const member of hit) member.line.fault = { kind: 'none' };
      return `${hit.map(({ baton }) => baton.name).join(' ')} for ${badMs} ms: ${JSON.stringify(fault)}`;
    },
  };
}

/** Every fault once in a random order, then all again: a short run meets different ones as well. */
export function* drawFaults(random: Random): Generator<SoakFault, never> {
  for (;;) {
    const left = [...faults];
    while (left.length > 0) yield left.splice(Math.floor(random() * left.length), 1)[0] as SoakFault;
  }
}

function one<T>(all: readonly T[], random: Random): T {
  return all[Math.floor(random() * all.length)] as T;
}

function mortal(members: readonly Member[], random: Random): Member {
  return one(members.slice(0, -1), random);
}

/** Ends early on abort, because a fault has to be taken back in any case. */
async function pause(random: Random, leastMs: number, mostMs: number, signal: AbortSignal): Promise<number> {
  const ms = Math.round(leastMs + random() * (mostMs - leastMs));
  await sleep(ms, undefined, { signal }).catch(() => {});
  return ms;
}
