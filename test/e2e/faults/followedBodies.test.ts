import type { Baton } from '../../../tools/testbed/baton.ts';
import type { Pod } from '../../../tools/testbed/pod.ts';
import { SseLoad } from '../../../tools/testbed/sseLoad.ts';
import { eventually } from '../../support/eventually.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { setFault } from '../../support/podFault.ts';
import { sendHttp } from '../../support/sendHttp.ts';
import { envoyRoutesTo, restartEnded, useTopology } from '../../support/topology.ts';

/** Responses that Envoy sends to Baton to their end (mode_override with STREAMED bodies). */
checkForLeaks();

const tokens = 20;
const podFlags = { 'ttft-ms': 50, 'token-ms': 50, slots: 128 };

describe('when a pod cuts its responses after their usual time', () => {
  const topology = useTopology({ instances: 1, etcd: false, podFlags: { ...podFlags, tokens: 8 } });

  it('is put into quarantine, and trusted again when its responses are complete', async () => {
    const pod = topology().pods[1] as Pod;
    const [baton] = topology().instances as [Baton];
    const stateOfPod = async () => {
      const { pool } = await baton.state();
      return pool.find(({ address }) => address === pod.address);
    };
    const pace = { kind: 'open', requestsPerSecond: 100 } as const;
    const load = new SseLoad({ url: topology().chatUrl, pace });
    void load.start();
    try {
      await eventually(() => expect(load.report().ok).toBeGreaterThan(100));
      await setFault(pod, { kind: 'cut', afterTokens: 7 });
      const excluded = { quarantine: { reason: 'cut-late', excluded: true } };
      await eventually(async () => expect(await stateOfPod()).toMatchObject(excluded), { timeoutMs: 60_000 });
      const { sent, failed, cut } = load.report();
      process.stdout.write(`late cuts: ${failed + cut} of ${sent} lost until the pod is out\n`);
      await setFault(pod, { kind: 'none' });
      const well = { quarantine: null };
      await eventually(async () => expect(await stateOfPod()).toMatchObject(well), { timeoutMs: 30_000 });
    } finally {
      await setFault(pod, { kind: 'none' });
      await load.stop();
    }
  }, 120_000);
});

describe('when a Baton is killed while it follows responses', () => {
  const topology = useTopology({ instances: 2, etcd: false, podFlags });
  const both = () => topology().instances as [Baton, Baton];

  /** One stream; it must be complete, and each of its tokens there once. */
  async function stream(): Promise<void> {
    const body = { stream: true, max_tokens: tokens, messages: [{ role: 'user', content: 'Count.' }] };
    const { status, text } = await sendHttp(topology().chatUrl, { body });
    expect(status).toBe(200);
    expect(text.split('"delta":{"content":')).toHaveLength(tokens + 1);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  }

  /** Each pod answers a few errors: none is trusted, so all responses are followed. */
  async function makeAllDoubtful(): Promise<void> {
    const headers = { 'x-podsim-fault': 'error', 'routing-strategy': 'random' };
    const messages = [{ role: 'user', content: 'Count.' }];
    await Promise.all(
      Array.from({ length: 40 }, () => sendHttp(topology().chatUrl, { headers, body: { messages } })),
    );
    for (const baton of both()) {
      const { pool } = await baton.state();
      expect(pool.map(({ health }) => health)).not.toContain('trusted');
    }
  }

  it('no client notices', async () => {
    const [a] = both();
    const bodies = () => topology().envoy.stat('http.ingress.ext_proc.baton.stream_msgs_sent');
    for (let round = 0; round < 3; round += 1) {
      await eventually(makeAllDoubtful, { timeoutMs: 30_000 });
      const before = await bodies();
      const streams = Promise.all(Array.from({ length: 40 }, stream));
      // Headers of requests and responses are 80 messages; the others are parts of bodies.
      await eventually(async () => expect((await bodies()) - before).toBeGreaterThan(200));
      await a.kill();
      await streams;
      await restartEnded(topology(), both());
      await envoyRoutesTo(topology(), both());
    }
    for (const baton of both()) {
      await eventually(async () => expect((await baton.state()).streams.open).toBe(0));
    }
  }, 180_000);
});
