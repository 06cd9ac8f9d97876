import type { Pod } from '../../tools/testbed/pod.ts';
import { allIsShared, expectFound, sendTurn, startCachingPods, type Turn } from '../support/chats.ts';
import { allCountsReturnToZero } from '../support/counts.ts';
import { waitForDecisions } from '../support/envoyWindows.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { useTopology } from '../support/topology.ts';

/**
 * Conversations through Envoy and two instances to pods that cache prompts, with the policy
 * `prefix`. Envoy asks either instance about each turn.
 */
checkForLeaks();

const podCount = 4;
const chats = 8;
const turns = 4;

describe('conversations and pods that cache prompts', () => {
  let pods: Pod[] = [];
  beforeAll(async () => {
    pods = await startCachingPods(podCount);
  });
  afterAll(() => Promise.all(pods.map((pod) => pod.stop())));

  const topology = useTopology(async () => ({
    instances: 2,
    externalPods: pods.map(({ address }) => address),
    baton: {
      pool: { endpoints: pods.map(({ address }) => ({ address })) },
      scheduling: { policy: 'prefix' },
    },
    amendEnvoy: waitForDecisions,
  }));
  afterEach(() => allCountsReturnToZero(topology()));

  async function counter(name: string): Promise<number> {
    const texts = await Promise.all(
      pods.map(async ({ address }) => (await fetch(`http://${address}/metrics`)).text()),
    );
    const lines = texts
      .flatMap((text) => text.split('\n'))
      .filter((line) => line.startsWith(`vllm:${name}{`));
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  it('each turn finds what the turns before left in the cache of their pod', async () => {
    const all: Turn[][] = Array.from({ length: chats }, () => []);
    for (let turn = 1; turn <= turns; turn += 1) {
      for (const [chat, said] of all.entries()) said.push(await sendTurn(topology(), chat, turn));
      await allIsShared(topology());
    }
    for (const said of all) {
      for (let turn = 1; turn < said.length; turn += 1) expectFound(said[turn], said[turn - 1]);
    }
    expect(new Set(all.map(([first]) => first?.pod)).size).toBeGreaterThan(1);
    const said = all.flat();
    expect(await counter('prefix_cache_hits_total')).toBe(
      said.reduce((sum, { cachedTokens }) => sum + cachedTokens, 0),
    );
    expect(await counter('prompt_tokens_total')).toBe(
      said.reduce((sum, { promptTokens }) => sum + promptTokens, 0),
    );
  }, 120_000);

  it('a conversation goes on where it was after every instance was killed', async () => {
    const before: Turn[] = [];
    for (let chat = 100; chat < 100 + chats; chat += 1) {
      await sendTurn(topology(), chat, 1);
      before.push(await sendTurn(topology(), chat, 3));
    }
    await allIsShared(topology());
    const { instances } = topology();
    await Promise.all(instances.map((instance) => instance.kill()));
    await Promise.all(instances.map((instance) => instance.start()));
    await topology().envoy.waitForHealthy(
      'scheduler',
      instances.map(({ address }) => address),
    );
    for (const [nth, turn] of before.entries()) {
      expectFound(await sendTurn(topology(), 100 + nth, 4), turn);
    }
  }, 120_000);

  it('a pod that was restarted is known to have an empty cache', async () => {
    const { pod } = await sendTurn(topology(), 200, 3);
    await allIsShared(topology());
    const entries = (): Promise<number[]> =>
      Promise.all(topology().instances.map(async (one) => (await one.state()).prefixes?.entries ?? 0));
    const [before = 0] = await entries();
    await pods.find(({ id }) => id === pod)?.restart();
    await eventually(async () => {
      for (const after of await entries()) expect(after).toBeLessThan(before);
    });
    await topology().envoy.waitForHealthy(
      'model_pods',
      pods.map(({ address }) => address),
    );
  }, 60_000);

  it('/decisions says how many tokens a prompt has, and nothing of its text', async () => {
    const read = (): Promise<string[]> =>
      Promise.all(
        topology().instances.map(async ({ adminUrl }) => (await fetch(`${adminUrl}/decisions`)).text()),
      );
    await read();
    await sendTurn(topology(), 99, 3);
    const texts = await read();
    const text = texts.join();
    const [last] = texts.flatMap((each) => JSON.parse(each).decisions);
    expect(last.policy).toBe('prefix');
    expect(last.facts.promptTokens).toBeGreaterThan(1000);
    expect(last.costs).toHaveLength(podCount);
    expect(text).not.toContain('message 1');
  }, 60_000);
});
