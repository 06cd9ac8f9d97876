import type { Baton } from '../../tools/testbed/baton.ts';
import { SseLoad } from '../../tools/testbed/sseLoad.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { useTopology } from '../support/topology.ts';

/** The length of an upgrade does not depend on the length of the responses, and their load is not forgotten. */
checkForLeaks();

const streams = 20;
/** Half a minute: longer than a drain that waits for nobody takes even on a slow machine. */
const streamMs = 30_000;

describe('when an instance ends long before the responses it has begun', () => {
  const topology = useTopology({
    baton: { drain: { noticeMs: 2500, quietMs: 500, graceMs: 2500 }, upgrade: { handoffTtlMs: 60_000 } },
    podFlags: { slots: 100, 'ttft-ms': 50, 'token-ms': streamMs / 100, tokens: 100, jitter: 0 },
  });

  it('cuts none of them, ends in time, and the others go on counting them, less and less', async () => {
    const [a, b] = topology().instances as [Baton, Baton];
    const { instances, envoy, chatUrl } = topology();
    const load = new SseLoad({
      url: chatUrl,
      pace: { kind: 'closed', clients: streams, rampMs: 1000 },
      requests: streams,
    });
    const ended = load.start();
    await eventually(async () => {
      const own = (await Promise.all(instances.map((one) => one.state()))).map(
        ({ streams: { open } }) => open,
      );
      expect(own[0] ?? 0).toBeGreaterThan(0);
      expect(own.reduce((sum, open) => sum + open, 0)).toBe(streams);
    });
    const left = (await a.state()).streams.open;

    await a.stopCleanly();
    // Not one response has ended meanwhile: nobody waited for them.
    expect(load.report()).toMatchObject({ inFlight: streams, ok: 0, failed: 0, cut: 0 });
    const said = a.process.output.text(20);
    expect(said).toContain(`"halfClosed":${left},`);
    expect(said).toContain(`"handedOff":${left},`);

    await eventually(async () => expect((await b.state()).peers).toEqual([]));
    const { handoffs, pool } = await b.state();
    expect(handoffs).toEqual([{ instance: expect.any(String), inFlight: left, counted: expect.any(Number) }]);
    const counted = handoffs[0]?.counted ?? 0;
    expect(counted).toBeGreaterThan(0);
    const own = pool.reduce((sum, endpoint) => sum + endpoint.local, 0);
    const view = pool.reduce((sum, endpoint) => sum + endpoint.view, 0);
    expect(own).toBe(streams - left);
    expect(view).toBeGreaterThan(own);
    expect(view).toBeLessThanOrEqual(streams);
    await eventually(async () => expect((await b.state()).handoffs[0]?.counted).toBeLessThan(counted));

    // A newcomer, which has not seen the handoff being made, counts it as well.
    await a.start();
    await envoy.waitForHealthyHost('scheduler', a.address);
    const [forNewcomer] = (await a.state()).handoffs;
    expect(forNewcomer?.counted).toBeGreaterThan(0);
    expect(forNewcomer?.counted).toBeLessThan(counted);

    expect(await ended).toMatchObject({ ok: streams, failed: 0, cut: 0 });
  }, 120_000);
});
