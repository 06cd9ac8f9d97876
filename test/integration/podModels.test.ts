import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Podsim, startPodsim } from '../../tools/podsim/server.ts';
import { Baton } from '../../tools/testbed/baton.ts';
import { freePort } from '../../tools/testbed/ports.ts';
import { decideOnce } from '../support/decideOnce.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';

checkForLeaks();

describe('an instance whose pool names no models', () => {
  let dir = '';
  let baton: Baton;
  const pods: Podsim[] = [];
  beforeAll(async () => {
    for (const model of ['a', 'b']) pods.push(await startPodsim({ id: model, model }));
    dir = await mkdtemp(join(tmpdir(), 'baton-pod-models-'));
    baton = new Baton({
      name: 'models',
      port: await freePort(),
      adminPort: await freePort(),
      dir,
      settings: {
        pool: {
          endpoints: pods.map(({ address }) => address),
          readModels: true,
          probe: { timeoutMs: 10_000 },
        },
        drain: { noticeMs: 0, quietMs: 0 },
      },
    });
    await baton.start();
  });
  afterAll(async () => {
    await baton.stop();
    await Promise.all(pods.map((pod) => pod.stop()));
    await rm(dir, { recursive: true, force: true });
  });

  it('sends each model to the pods that list it themselves, and answers 404 to what none lists', async () => {
    const decide = (model: string) => decideOnce(baton.address, { 'x-baton-model': model });
    await eventually(
      async () => expect(await decide('c')).toEqual({ status: 404, code: 'model_not_found' }),
      {
        timeoutMs: 30_000,
      },
    );
    for (let nth = 0; nth < 5; nth += 1) {
      for (const { id, address } of pods) expect(await decide(id)).toEqual({ pod: address });
    }
  });
});
