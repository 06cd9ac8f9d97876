import { Pod } from '../../tools/testbed/pod.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import type { Topology } from '../../tools/testbed/topology.ts';
import { eventually } from './eventually.ts';
import { postBody } from './postBody.ts';

/** What the answer to a turn of a chat says. */
export interface Turn {
  readonly pod: string;
  readonly promptTokens: number;
  readonly cachedTokens: number;
}

/** Pods that cache prompts and answer at once. */
export async function startCachingPods(count: number): Promise<Pod[]> {
  const flags = { 'ttft-ms': 1, 'token-ms': 1, tokens: 2, slots: 64, 'cache-tokens': 200_000 };
  const ports = await freePorts(count);
  return Promise.all(ports.map((port, nth) => Pod.start({ id: `pod-${nth}`, port, flags })));
}

/**
 * One turn, of so many messages of some 2,000 tokens each. It ends when every instance knows that
 * nothing is in flight: these pods answer sooner than they are taken to compute.
 */
export async function sendTurn(topology: Topology, chat: number, turn: number): Promise<Turn> {
  const messages = Array.from({ length: turn }, (_, n) => ({
    role: n % 2 === 0 ? 'user' : 'assistant',
    content: `chat ${chat} message ${n} `.repeat(400),
  }));
  const body = Buffer.from(JSON.stringify({ model: 'sim-model', messages }));
  const answer = await postBody(topology.chatUrl, [body], {});
  expect(answer.status).toBe(200);
  await eventually(async () => {
    for (const instance of topology.instances) {
      expect((await instance.state()).pool.filter(({ view }) => view > 0)).toEqual([]);
    }
  });
  const { usage } = JSON.parse(answer.text);
  return {
    pod: String(answer.headers['x-podsim-id']),
    promptTokens: usage.prompt_tokens,
    cachedTokens: usage.prompt_tokens_details.cached_tokens,
  };
}

/** Every instance knows what each has placed. */
export function allIsShared({ instances }: Topology): Promise<void> {
  return eventually(async () => {
    const reports = await Promise.all(instances.map(async (one) => (await one.state()).prefixes));
    const known = reports.map((report) => [report?.entries, report?.waitingKeys]);
    expect(known).toEqual(known.map(() => [reports[0]?.entries, 0]));
  });
}

/** It went where its chat was, and found there what was said before. */
export function expectFound(turn: Turn | undefined, before: Turn | undefined): void {
  expect(turn?.pod).toBe(before?.pod);
  expect(turn?.cachedTokens).toBeGreaterThan(0.8 * (before?.promptTokens ?? Number.NaN));
}
