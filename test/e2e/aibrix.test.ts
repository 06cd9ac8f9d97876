import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Baton } from '../../tools/testbed/baton.ts';
import { Envoy } from '../../tools/testbed/envoy.ts';
import type { EnvoyBootstrap } from '../../tools/testbed/envoyAddresses.ts';
import { httpGet } from '../../tools/testbed/httpGet.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { eventually } from '../support/eventually.ts';
import { HttpPod } from '../support/httpPod.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { sendHttp } from '../support/sendHttp.ts';
import { envoyBin } from '../support/tools.ts';

/** Baton in the place of AIBrix's gateway plugin, behind the Envoy that AIBrix configures. */
checkForLeaks();

/** AIBrix does not set it; with it, no body passes through Baton but for its model. */
function allowModeOverride({ static_resources: { listeners } }: EnvoyBootstrap): void {
  const manager = listeners[0] as unknown as {
    filter_chains: { filters: { typed_config: { http_filters: { typed_config: object }[] } }[] }[];
  };
  const [extProc] = manager.filter_chains[0]?.filters[0]?.typed_config.http_filters ?? [];
  Object.assign(extProc?.typed_config ?? {}, { allow_mode_override: true });
}

describe.each([
  ['as it is', () => {}, 'ignored'],
  ['with allow_mode_override', allowModeOverride, 'honoured'],
] as const)('behind the Envoy of AIBrix %s', (_what, amend, overrides) => {
  let dir: string;
  let pods: readonly HttpPod[];
  let stranger: HttpPod;
  let baton: Baton;
  let envoy: Envoy;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'baton-aibrix-'));
    const start = () => HttpPod.start(({ headers, body }) => ({ headers, bytes: body.length }));
    stranger = await start();
    pods = [await start(), await start(), await start()];
    const [port, adminPort, listenerPort, envoyAdminPort] = (await freePorts(4)) as [
      number,
      number,
      number,
      number,
    ];
    const endpoints = pods.map(({ address }, nth) => ({
      address,
      models: ['llama'],
      labels: { gpu: nth === 0 ? 'a100' : 'h100' },
    }));
    const settings = {
      gateway: { aibrix: true },
      pool: { endpoints },
      drain: { noticeMs: 100, quietMs: 100 },
    };
    baton = new Baton({ name: 'aibrix', port, adminPort, dir, settings });
    await baton.start();
    envoy = await Envoy.start({
      bin: envoyBin(),
      configuration: 'gateways/aibrix.yaml',
      dir,
      listenerPort,
      adminPort: envoyAdminPort,
      schedulers: [baton.address],
      pods: [],
      amend,
    });
  }, 60_000);
  afterAll(async () => {
    await envoy?.stop();
    if (baton?.process.running) await baton.stop();
    for (const pod of [...pods, stranger]) await pod.stop();
    await rm(dir, { recursive: true, force: true });
  });
  afterEach(async () => {
    const inFlight = async () => (await baton.state()).streams.open;
    await eventually(async () => expect(await inFlight()).toBe(0), { timeoutMs: 30_000 });
  });

  const chat = { messages: [{ role: 'user', content: 'x'.repeat(20_000) }], model: 'llama' };
  const send = async (headers: Record<string, string>, body: object = chat) => {
    const { text, ...answer } = await sendHttp(`${envoy.url}/v1/chat/completions`, { headers, body });
    return { ...answer, json: JSON.parse(text) };
  };
  const podAddresses = () => pods.map(({ address }) => address);

  it.each<[string, Record<string, string>, string, string]>([
    ['none', {}, 'least-request', 'least-request'],
    ['one that is not of Baton', { 'routing-strategy': 'least-kv-cache' }, 'least-kv-cache', 'least-request'],
    ['prefix-cache', { 'routing-strategy': 'prefix-cache' }, 'prefix-cache', 'prefix'],
    [
      'a mix',
      { 'routing-strategy': 'least-request:2,prefix-cache' },
      'least-request:2,prefix-cache',
      'least-request:2,prefix:1',
    ],
  ])('a request with %s as its strategy reaches a pod', async (_what, headers, strategy, policy) => {
    const { status, headers: answer, json } = await send(headers);
    expect(status).toBe(200);
    expect(json.bytes).toBe(Buffer.byteLength(JSON.stringify(chat)));
    expect(json.headers).toMatchObject({
      model: 'llama',
      'routing-strategy': strategy,
      'target-pod': answer['target-pod-ip'],
      'x-went-into-req-headers': 'true',
    });
    expect(podAddresses()).toContain(answer['target-pod-ip']);
    expect(answer).toMatchObject({ 'routing-strategy': strategy, 'x-baton-policy': policy });
    expect(answer['request-id']).toBe(json.headers['x-request-id']);
  });

  it('a GET reaches a pod', async () => {
    expect((await sendHttp(`${envoy.url}/v1/models`)).status).toBe(200);
  });

  it(`is asked to send no bodies, which is ${overrides}`, async () => {
    expect((await send({})).status).toBe(200);
    const countOf = async (outcome: string): Promise<number> => {
      const { body } = await httpGet(`${baton.adminUrl}/metrics`);
      const line = new RegExp(`^baton_mode_overrides_total\\{outcome="${outcome}"\\} (\\d+)`, 'm').exec(body);
      return Number(line?.[1] ?? 0);
    };
    await eventually(async () => expect(await countOf(overrides)).toBeGreaterThan(0), { timeoutMs: 10_000 });
    expect(await countOf(overrides === 'ignored' ? 'honoured' : 'ignored')).toBe(0);
  });

  it('a client that names its pod does not get it', async () => {
    const { status, headers } = await send({
      'routing-strategy': 'random',
      'target-pod': stranger.address,
    });
    expect(status).toBe(200);
    expect(podAddresses()).toContain(headers['target-pod-ip']);
  });

  it('external-filter leaves the pods with these labels', async () => {
    for (let nth = 0; nth < 5; nth += 1) {
      const { headers } = await send({ 'routing-strategy': 'random', 'external-filter': 'gpu in (a100)' });
      expect(headers['target-pod-ip']).toBe(podAddresses()[0]);
    }
  });

  it('a session that the first answer names leads to the same pod', async () => {
    const first = await send({ 'routing-strategy': 'session-affinity' });
    const session = String(first.headers['x-session-id']);
    for (let nth = 0; nth < 5; nth += 1) {
      const next = await send({ 'routing-strategy': 'session-affinity', 'x-session-id': session });
      expect(next.headers['target-pod-ip']).toBe(first.headers['target-pod-ip']);
    }
  });

  it.each([
    [{ 'routing-strategy': 'best' }, chat, 400, ['x-error-invalid-routing-strategy', 'best']],
    [{}, { ...chat, model: 'gpt' }, 404, ['x-error-no-model-backends', 'gpt']],
  ] as const)('a refusal says why: %j', async (headers, body, status, [name, value]) => {
    const answer = await send(headers, body);
    expect(answer.status).toBe(status);
    expect(answer.headers[name]).toBe(value);
  });
});
