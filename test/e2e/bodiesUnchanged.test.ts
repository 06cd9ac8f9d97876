import { createHash } from 'node:crypto';
import type { Baton } from '../../tools/testbed/baton.ts';
import type { EnvoyBootstrap } from '../../tools/testbed/envoyAddresses.ts';
import { allCountsReturnToZero, localInFlight } from '../support/counts.ts';
import { extProcOf, waitForDecisions } from '../support/envoyWindows.ts';
import { eventually } from '../support/eventually.ts';
import { HttpPod } from '../support/httpPod.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { postBody } from '../support/postBody.ts';
import { useTopology } from '../support/topology.ts';

/** What a body that Baton asks for looks like at the pod, and Envoy files that send none. */
const pods: HttpPod[] = [];
afterAll(() => Promise.all(pods.map((pod) => pod.stop())));
checkForLeaks();

interface Received {
  readonly contentLength: string | undefined;
  readonly isChunked: boolean;
  readonly sha256: string;
}

/** Answers with what it received, once `letAnswer` allows. */
let letAnswer = Promise.resolve();
async function startPod(): Promise<string> {
  const pod = await HttpPod.start(async ({ headers, body }) => {
    await letAnswer;
    const { 'content-length': contentLength, 'transfer-encoding': coding } = headers;
    const sha256 = createHash('sha256').update(body).digest('hex');
    return { contentLength, isChunked: coding === 'chunked', sha256 } satisfies Received;
  });
  pods.push(pod);
  return pod.address;
}

const optionsWith = async (amend: (bootstrap: EnvoyBootstrap) => void = () => {}) => {
  const addresses = [await startPod(), await startPod()];
  const models = ['a', 'b'];
  return {
    instances: 1,
    etcd: false,
    externalPods: addresses,
    baton: { pool: { endpoints: addresses.map((address, nth) => ({ address, models: [models[nth]] })) } },
    amendEnvoy: (bootstrap: EnvoyBootstrap) => {
      waitForDecisions(bootstrap);
      amend(bootstrap);
    },
  };
};

const chat = (bytes: number) =>
  Buffer.from(JSON.stringify({ messages: [{ content: 'x'.repeat(bytes) }], model: 'b' }));

async function bodiesAskedFor(baton: Baton): Promise<number> {
  const lines = (await (await fetch(`${baton.adminUrl}/metrics`)).text()).split('\n');
  const counts = lines.filter((line) => line.startsWith('baton_request_bodies_total{'));
  return counts.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

describe('with the shipped Envoy file', () => {
  const topology = useTopology(() => optionsWith());

  it.each([
    ['buffered', 50_000, true],
    ['buffered in part, whole', 3_000_000, true],
    ['buffered in part, not whole', 40_000_000, true],
    ['of unknown length', 50_000, false],
  ])(
    'a body that is %s arrives unchanged, with its length',
    async (_what, bytes, announcesLength) => {
      const sent = Buffer.concat([Buffer.from('{"model":"a",'), chat(bytes).subarray(1)]);
      const { status, text } = await postBody(topology().chatUrl, [sent], { announcesLength });
      expect(status).toBe(200);
      expect(JSON.parse(text)).toEqual({
        ...(announcesLength && { contentLength: String(sent.length) }),
        isChunked: !announcesLength,
        sha256: createHash('sha256').update(sent).digest('hex'),
      } satisfies Partial<Received>);
    },
    60_000,
  );
});

const withoutOverrides = (bootstrap: EnvoyBootstrap): void => {
  extProcOf(bootstrap).allow_mode_override = false;
};
const withoutHeaders = (bootstrap: EnvoyBootstrap): void => {
  const names = ['routing-strategy', 'traceparent', 'x-baton-model'];
  const patterns = names.map((exact) => ({ exact }));
  extProcOf(bootstrap).forward_rules = { allowed_headers: { patterns } };
};
describe.each([
  ['allows no other processing mode', withoutOverrides, 1],
  ['forwards no header that shows a body', withoutHeaders, 0],
])('with an Envoy file that %s', (_what, amend, asked) => {
  const topology = useTopology(() => optionsWith(amend));
  const baton = () => topology().instances[0] as Baton;

  it('requests are served and counted as before', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    letAnswer = promise;
    const answer = postBody(topology().chatUrl, [chat(100)]);
    await eventually(async () => expect(await localInFlight([baton()])).toBe(1));
    resolve();
    expect((await answer).status).toBe(200);
    await allCountsReturnToZero(topology());
    expect(await bodiesAskedFor(baton())).toBe(asked);
  });
});
