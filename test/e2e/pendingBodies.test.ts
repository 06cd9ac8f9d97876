import type { Baton } from '../../tools/testbed/baton.ts';
import type { EnvoyBootstrap } from '../../tools/testbed/envoyAddresses.ts';
import { allCountsReturnToZero, viewOf } from '../support/counts.ts';
import { extProcOf, waitForDecisions } from '../support/envoyWindows.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { postBody, Upload } from '../support/postBody.ts';
import type { HttpExchangeResult } from '../support/sendHttp.ts';
import { restartEnded, useTopology } from '../support/topology.ts';
import { endpointsWithModels, servedModel, useTwoModels } from '../support/twoModels.ts';

/**
 * An instance that leaves between the decision on the headers and the one on the body. Envoy has
 * the first, and goes on with it.
 */
checkForLeaks();

const uploads = 40;
const clients = 16;
const body = chat(2000);
const half = body.length / 2;
const largeBody = chat(220_000);
/** Longer than a drain that does not wait for uploads. */
const graceMs = 2500;

function closeOnFailures(bootstrap: EnvoyBootstrap): void {
  waitForDecisions(bootstrap);
  extProcOf(bootstrap).failure_mode_allow = false;
}

describe.each([
  ['envoy.yaml', 'envoy.yaml', waitForDecisions, false],
  ['fail-closed.yaml', 'fail-closed.yaml', waitForDecisions, false],
  ['failure_mode_allow: false', 'envoy.yaml', closeOnFailures, true],
])('with %s, while bodies are awaited', (_name, envoyConfig, amendEnvoy, failsOnKill) => {
  // They answer whatever the model, so that a status other than 200 is a failure on the way.
  const pods = useTwoModels({ isStrict: false });
  const topology = useTopology(async () => ({
    envoyConfig,
    amendEnvoy,
    externalPods: pods().map(({ address }) => address),
    baton: {
      pool: { endpoints: endpointsWithModels(pods()), probe: { timeoutMs: 5_000 } },
      etcd: { leaseTtlSeconds: 2 },
      upgrade: { handoffTtlMs: 4_000 },
      drain: { noticeMs: graceMs, quietMs: 500, graceMs },
    },
  }));
  const both = () => topology().instances as [Baton, Baton];
  const open = async (baton: Baton): Promise<number> => (await baton.state()).streams.open;

  /** Uploads that both instances wait for. */
  const beginUploads = async (): Promise<readonly Upload[]> => {
    const [a, b] = both();
    // Bodies have come to both before.
    for (let nth = 0; nth < 8; nth += 1) await postBody(topology().chatUrl, [body]);
    const begun = Array.from({ length: uploads }, () => new Upload(topology().chatUrl, body.length));
    for (const upload of begun) upload.send(body.subarray(0, half));
    await eventually(async () => expect((await open(a)) + (await open(b))).toBe(uploads));
    expect(await open(a)).toBeGreaterThan(0);
    expect([await viewOf(a), await viewOf(b)]).toEqual([{}, {}]);
    return begun;
  };
  const finish = async (begun: readonly Upload[]): Promise<readonly HttpExchangeResult[]> => {
    for (const upload of begun) upload.send(body.subarray(half));
    return Promise.all(begun.map((upload) => upload.end()));
  };
  afterEach(async () => {
    await restartEnded(topology(), both());
    await allCountsReturnToZero(topology());
  });

  it('a drain waits for them for its grace, and hands off the decisions on the headers', async () => {
    const begun = await beginUploads();
    const [a, b] = both();
    const pending = await open(a);
    await a.stopCleanly();
    expect(a.process.output.text(20)).toContain(`"halfClosed":${pending},"handedOff":${pending},`);
    await eventually(async () => expect((await b.state()).handoffs).toMatchObject([{ inFlight: pending }]));
    const answers = await finish(begun);
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(wrong(answers)).toBeLessThanOrEqual(pending);
  }, 120_000);

  it(`a kill fails ${failsOnKill ? 'them' : 'none'}, and the others go to their model`, async () => {
    const begun = await beginUploads();
    const [a] = both();
    const pending = await open(a);
    await a.kill();
    const answers = await finish(begun);
    const failed = answers.filter(({ status }) => status !== 200);
    expect(failed).toHaveLength(failsOnKill ? pending : 0);
    expect(wrong(answers) - failed.length).toBeLessThanOrEqual(pending);
  }, 120_000);

  if (failsOnKill) return;
  it('a kill under load fails nothing, and no more go wrong than were on their way', async () => {
    const [a] = both();
    const answers: HttpExchangeResult[] = [];
    let isOver = false;
    const client = async (): Promise<void> => {
      while (!isOver) answers.push(await postBody(topology().chatUrl, [largeBody]));
    };
    const load = Promise.all(Array.from({ length: clients }, client));
    const someServed = (count: number) => eventually(() => expect(answers.length).toBeGreaterThan(count));
    await someServed(10 * clients);
    await a.kill();
    await someServed(answers.length + 10 * clients);
    isOver = true;
    await load;
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(wrong(answers)).toBeLessThanOrEqual(clients);
  }, 120_000);
});

function wrong(answers: readonly HttpExchangeResult[]): number {
  return answers.filter((answer) => servedModel(answer) !== 'b').length;
}

function chat(bytes: number): Buffer {
  return Buffer.from(
    JSON.stringify({ messages: [{ content: 'x'.repeat(bytes) }], max_tokens: 1, model: 'b' }),
  );
}
