import type { Baton } from '../../tools/testbed/baton.ts';
import { SseLoad } from '../../tools/testbed/sseLoad.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { useTopology } from '../support/topology.ts';

/** An upgrade does not wait for long responses, and their load still counts. */
checkForLeaks();

const streams = 20;
/** Longer than a drain that does not wait for streams, even on a slow machine. */
const streamMs = 30_000;

describe('when an instance stops long before its responses end', () => {
  const topology = useTopology({
    baton: { drain: { noticeMs: 2500, quietMs: 500, graceMs: 2500 }, upgrade: { handoffTtlMs: 60_000 } },
    podFlags: { slots: 100, 'ttft-ms': 50, 'token-ms': streamMs / 100, tokens: 100, jitter: 0 },
  });

  it('cuts none of them, stops in time, and peers count them with decay', async () => {
    const [a, b] = topology().instances as [Baton, Baton];
    const { instances, envoy, chatUrl } = topology();
    const load = new SseLoad({
      url: chatUrl,
      pace: { kind: 'closed', clients: streams, rampMs: 1000 },
      requests: streams,
    });
    const ended = load.start();
    await eventually(async () => {
      const open = (await Promise.all(instances.map((one) => one.state()))).map(
        ({ streams }) => streams.open,
      );
      expect(open[0] ?? 0).toBeGreaterThan(0);
      expect(open.reduce((sum, count) => sum + count, 0)).toBe(streams);
    });
    const left = (await a.state()).streams.open;

    await a.stopCleanly();
    // No response has ended yet, so the drain did not wait for them.
    expect(load.report()).toMatchObject({ inFlight: streams, ok: 0, failed: 0, cut: 0 });
    const output = a.process.output.text(20);
    expect(output).toContain(`"halfClosed":${left},`);
    expect(output).toContain(`"handedOff":${left},`);

    await eventually(async () => expect((await b.state()).peers).toEqual([]));
    const { handoffs, pool } = await b.state();
    expect(handoffs).toEqual([{ instance: expect.any(String), inFlight: left, counted: expect.any(Number) }]);
    const counted = handoffs[0]?.counted ?? 0;
    expect(counted).toBeGreaterThan(0);
    const local = pool.reduce((sum, endpoint) => sum + endpoint.local, 0);
    const view = pool.reduce((sum, endpoint) => sum + endpoint.view, 0);
    expect(local).toBe(streams - left);
    expect(view).toBeGreaterThan(local);
    expect(view).toBeLessThanOrEqual(streams);
    await eventually(async () => expect((await b.state()).handoffs[0]?.counted).toBeLessThan(counted));

    // An instance that starts after the handoff counts it as well.
    await a.start();
    await envoy.waitForHealthyHost('scheduler', a.address);
    const [forNewInstance] = (await a.state()).handoffs;
    expect(forNewInstance?.counted).toBeGreaterThan(0);
    expect(forNewInstance?.counted).toBeLessThan(counted);

    expect(await ended).toMatchObject({ ok: streams, failed: 0, cut: 0 });
  }, 120_000);
});
