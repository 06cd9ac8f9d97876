import { Agent } from 'node:http';
import type { Baton } from '../../tools/testbed/baton.ts';
import type { Pod } from '../../tools/testbed/pod.ts';
import { SseLoad } from '../../tools/testbed/sseLoad.ts';
import { type SseOutcome, sendSseRequest } from '../../tools/testbed/sseRequest.ts';
import { allCountsReturnToZero, viewOf } from '../support/counts.ts';
import { waitForDecisions } from '../support/envoyWindows.ts';
import { eventually } from '../support/eventually.ts';
import { fillSlots, waitingInPods } from '../support/fullPods.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { serverKinds, serverSettings } from '../support/serverKinds.ts';
import { allPodsAreHealthy, useTopology } from '../support/topology.ts';

/**
 * Every request in flight is counted by all instances, and none after its end, whatever the end.
 */
checkForLeaks();

describe.each(serverKinds)('with two instances that share etcd, and three pods (%s)', (transport) => {
  const topology = useTopology({
    baton: { ...serverSettings(transport), pool: { probe: { timeoutMs: 5_000 } } },
    podFlags: { 'ttft-ms': 5, 'token-ms': 5 },
    amendEnvoy: waitForDecisions,
  });
  const agent = new Agent({ keepAlive: true });
  afterAll(() => agent.destroy());

  /** Opens `count` streams at once. */
  function open(
    count: number,
    options: { fault?: string; signal?: AbortSignal } = {},
  ): Promise<SseOutcome>[] {
    const { fault, signal } = options;
    const headers = fault === undefined ? {} : { 'x-podsim-fault': fault };
    const request = { url: topology().chatUrl, agent, headers, ...(signal && { signal }) };
    return Array.from({ length: count }, () => sendSseRequest(request));
  }

  /** Waits until all instances have the same view with `count` requests; returns it. */
  async function sharedView(count: number): Promise<Record<string, number>> {
    const [a, b] = topology().instances as [Baton, Baton];
    let view: Record<string, number> = {};
    await eventually(
      async () => {
        view = await viewOf(a);
        expect(await viewOf(b)).toEqual(view);
        expect(Object.values(view).reduce((sum, inFlight) => sum + inFlight, 0)).toBe(count);
      },
      { timeoutMs: 20_000 },
    );
    return view;
  }

  it('counts nothing after success', async () => {
    const outcomes = await Promise.all(open(30));
    expect(outcomes.filter(({ kind }) => kind !== 'ok')).toEqual([]);
    await allCountsReturnToZero(topology());
  });

  it('spreads requests evenly, and counts nothing after the clients have left', async () => {
    const leave = new AbortController();
    const streams: Promise<SseOutcome>[] = [];
    // One at a time, each acknowledged by all, so that the spread does not depend on timing.
    for (let count = 1; count <= 6; count++) {
      streams.push(...open(1, { fault: 'hang', signal: leave.signal }));
      await sharedView(count);
    }
    expect(await sharedView(6)).toEqual(
      Object.fromEntries(topology().pods.map(({ address }) => [address, 2])),
    );
    leave.abort();
    for (const outcome of await Promise.all(streams)) expect(outcome.kind).toBe('aborted');
    await allCountsReturnToZero(topology());
  });

  it('counts nothing after pods have failed', async () => {
    for (const outcome of await Promise.all(open(10, { fault: 'error' }))) {
      expect(outcome).toMatchObject({ kind: 'failed', detail: expect.stringContaining('status 500') });
    }
    await allCountsReturnToZero(topology());
  });

  it('counts nothing after pods have cut their responses', async () => {
    for (const outcome of await Promise.all(open(10, { fault: 'cut;afterTokens=3' }))) {
      // A cut while Envoy waits for Baton's reply to watched response headers is a 502.
      if (outcome.kind === 'failed') expect(outcome.detail).toMatch(/^status 502: .*reset before headers/);
      else expect(outcome.kind).toBe('cut');
    }
    await allCountsReturnToZero(topology());
  });

  it('counts nothing after a pod was killed with requests in flight', async () => {
    const [pod] = topology().pods as [Pod];
    const leave = new AbortController();
    const streams = open(9, { fault: 'hang', signal: leave.signal });
    try {
      const view = await sharedView(9);
      expect(view[pod.address]).toBeGreaterThan(0);
      await pod.kill();
      await eventually(async () => {
        for (const instance of topology().instances)
          expect(await viewOf(instance)).not.toHaveProperty(pod.address);
      });
    } finally {
      leave.abort();
      await Promise.all(streams);
      await pod.restart();
      await allPodsAreHealthy(topology());
    }
    await allCountsReturnToZero(topology());
  });

  it('serves 2,000 streams at once', async () => {
    const count = 2_000;
    const { chatUrl, envoy, instances, pods } = topology();
    const giveBack = await fillSlots(pods);
    const load = new SseLoad({
      url: chatUrl,
      pace: { kind: 'closed', clients: count, rampMs: 1_500 },
      requests: count,
      body: { max_tokens: 1 },
      timeoutMs: 120_000,
    });
    void load.start();
    try {
      await eventually(async () => expect(await waitingInPods(pods)).toBe(count), { timeoutMs: 60_000 });
      const states = await Promise.all(instances.map((instance) => instance.state()));
      const decided = states.reduce((sum, { streams }) => sum + streams.open, 0);
      expect(decided).toBe(count);
    } finally {
      await giveBack();
    }
    expect(await load.stop()).toMatchObject({ sent: count, ok: count, problems: [] });
    const overflows = [...(await envoy.stats('^cluster\\.(scheduler|model_pods)\\.upstream_.*_overflow$'))];
    expect(overflows.length).toBeGreaterThan(0);
    expect(overflows.filter(([, times]) => times > 0)).toEqual([]);
    await allCountsReturnToZero(topology());
  }, 240_000);
});
