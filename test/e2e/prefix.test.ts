import { Pod } from '../../tools/testbed/pod.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { allCountsReturnToZero } from '../support/counts.ts';
import { waitForDecisions } from '../support/envoyWindows.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { postBody } from '../support/postBody.ts';
import { useTopology } from '../support/topology.ts';

/**
 * Conversations through Envoy and two instances to pods that cache prompts, with the policy
 * `prefix`. Envoy asks either instance about each turn.
 */
checkForLeaks();

const podCount = 4;
const chats = 8;
const turns = 4;
interface Turn {
  readonly pod: string;
  readonly promptTokens: number;
  readonly cachedTokens: number;
}

describe('conversations and pods that cache prompts', () => {
  const pods: Pod[] = [];
  beforeAll(async () => {
    const ports = await freePorts(podCount);
    const flags = { 'ttft-ms': 1, 'token-ms': 1, tokens: 2, slots: 64, 'cache-tokens': 200_000 };
    const starts = ports.map((port, nth) => Pod.start({ id: `pod-${nth}`, port, flags }));
    pods.push(...(await Promise.all(starts)));
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

  /** Each message is of some 2,000 tokens. */
  async function sendTurn(chat: number, turn: number): Promise<Turn> {
    const messages = Array.from({ length: turn }, (_, n) => ({
      role: n % 2 === 0 ? 'user' : 'assistant',
      content: `chat ${chat} message ${n} `.repeat(400),
    }));
    const body = Buffer.from(JSON.stringify({ model: 'sim-model', messages }));
    const answer = await postBody(topology().chatUrl, [body], {});
    expect(answer.status).toBe(200);
    await nothingWaits();
    const { usage } = JSON.parse(answer.text);
    return {
      pod: String(answer.headers['x-podsim-id']),
      promptTokens: usage.prompt_tokens,
      cachedTokens: usage.prompt_tokens_details.cached_tokens,
    };
  }

  /** As every instance sees it: these pods answer sooner than they are taken to compute. */
  function nothingWaits(): Promise<void> {
    return eventually(async () => {
      for (const instance of topology().instances) {
        expect((await instance.state()).pool.filter(({ view }) => view > 0)).toEqual([]);
      }
    });
  }

  /** Every instance knows what each has placed. */
  function allIsShared(): Promise<void> {
    return eventually(async () => {
      const reports = await Promise.all(
        topology().instances.map(async (one) => (await one.state()).prefixes),
      );
      expect(reports).toEqual(reports.map(() => ({ ...reports[0], waitingKeys: 0, waitingMs: 0 })));
    });
  }

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
      for (const [chat, said] of all.entries()) said.push(await sendTurn(chat, turn));
      await allIsShared();
    }
    for (const said of all) {
      expect(new Set(said.map(({ pod }) => pod)).size).toBe(1);
      for (let turn = 1; turn < said.length; turn += 1) {
        const before = said[turn - 1] as Turn;
        expect((said[turn] as Turn).cachedTokens).toBeGreaterThan(0.8 * before.promptTokens);
      }
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
      await sendTurn(chat, 1);
      before.push(await sendTurn(chat, 3));
    }
    await allIsShared();
    const { instances } = topology();
    await Promise.all(instances.map((instance) => instance.kill()));
    await Promise.all(instances.map((instance) => instance.start()));
    await topology().envoy.waitForHealthy(
      'scheduler',
      instances.map(({ address }) => address),
    );
    for (const [nth, { pod, promptTokens }] of before.entries()) {
      const after = await sendTurn(100 + nth, 4);
      expect(after.pod).toBe(pod);
      expect(after.cachedTokens).toBeGreaterThan(0.8 * promptTokens);
    }
  }, 120_000);

  it('a pod that was restarted is known to have an empty cache', async () => {
    const { pod } = await sendTurn(200, 3);
    await allIsShared();
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
    await sendTurn(99, 3);
    const texts = await read();
    const text = texts.join();
    const [last] = texts.flatMap((each) => JSON.parse(each).decisions);
    expect(last.policy).toBe('prefix');
    expect(last.facts.promptTokens).toBeGreaterThan(1000);
    expect(last.costs).toHaveLength(podCount);
    expect(text).not.toContain('message 1');
  }, 60_000);
});
