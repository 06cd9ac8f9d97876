import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Podsim, startPodsim } from '../../tools/podsim/server.ts';
import { Baton } from '../../tools/testbed/baton.ts';
import { freePort } from '../../tools/testbed/ports.ts';
import { runBaton } from '../support/batonCommand.ts';
import { eventually } from '../support/eventually.ts';
import { HttpPod } from '../support/httpPod.ts';
import { checkForLeaks } from '../support/leakCheck.ts';

checkForLeaks();

describe('an instance with the policy auto', () => {
  let dir = '';
  let engine: Podsim;
  let other: HttpPod;
  const instances: Baton[] = [];
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'baton-auto-'));
    [engine, other] = await Promise.all([startPodsim({ id: 'engine' }), HttpPod.start(() => ({}))]);
  });
  afterAll(async () => {
    await Promise.all(instances.map((instance) => instance.stop()));
    await Promise.all([engine.stop(), other.stop(), rm(dir, { recursive: true, force: true })]);
  });

  async function start(name: string, ...addresses: readonly unknown[]): Promise<Baton> {
    const baton = new Baton({
      name,
      port: await freePort(),
      adminPort: await freePort(),
      dir,
      settings: {
        pool: { endpoints: addresses, probe: { enabled: false } },
        scheduling: { policy: 'auto' },
        drain: { noticeMs: 0, quietMs: 0 },
      },
    });
    instances.push(baton);
    await baton.start();
    return baton;
  }

  const inUse = async (baton: Baton): Promise<unknown> => (await baton.state()).policy;

  it('uses prefix as soon as a pod answers with the metrics of an engine', async () => {
    const baton = await start('a', other.address, engine.address);
    await eventually(async () => expect(await inUse(baton)).toEqual({ configured: 'auto', inUse: 'prefix' }));
    const { stdout } = await runBaton(['explain', '--admin', new URL(baton.adminUrl).host]);
    expect(stdout).toContain('policy       prefix, by auto\n');
  });

  it('uses prefix from the start where the pool lists models', async () => {
    const baton = await start('b', { address: other.address, models: ['m'] });
    expect(await inUse(baton)).toEqual({ configured: 'auto', inUse: 'prefix' });
  });

  it('uses least-request where pods have no such metrics', async () => {
    const baton = await start('c', other.address);
    await eventually(async () => {
      const { status, text } = await metricsOf(baton);
      expect([status, text]).toEqual([200, expect.stringMatching(/pod_metrics_read.*no-engine.* [1-9]/)]);
    });
    expect(await inUse(baton)).toEqual({ configured: 'auto', inUse: 'least-request' });
  });
});

async function metricsOf({ adminUrl }: Baton): Promise<{ status: number; text: string }> {
  const response = await fetch(`${adminUrl}/metrics`);
  return { status: response.status, text: await response.text() };
}
