import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import { connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Baton, type BatonSettings, mergeSettings } from '../../tools/testbed/baton.ts';
import { Envoy } from '../../tools/testbed/envoy.ts';
import type { EnvoyBootstrap } from '../../tools/testbed/envoyAddresses.ts';
import { type GatewayName, gatewayFile, gatewayNames } from '../../tools/testbed/gatewayFiles.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { postBody, Upload } from '../support/postBody.ts';
import { responseTo, sendHttp } from '../support/sendHttp.ts';
import { serverSettings, serverKind as transport } from '../support/serverKinds.ts';
import { envoyBin } from '../support/tools.ts';

/** Baton behind the Envoy configurations of gateways, as in envoy/gateways. */
const streams = 40;
/** Until then streams go on. */
let mayEnd = true;
/** What the pods answer to probes. */
let isReady = true;

/** Streams events when it is asked to, else answers with the digest of what it received. */
function answer(
  body: Buffer,
  respond: (text: string, isEnd: boolean) => void,
  onClosed: (call: () => void) => void,
): void {
  if (!body.includes('"stream":true')) {
    respond(JSON.stringify({ bytes: body.length, sha256: sha256(body) }), true);
    return;
  }
  let sent = 0;
  const timer = setInterval(() => {
    sent += 1;
    const isEnd = mayEnd && sent > 5;
    if (isEnd) clearInterval(timer);
    respond(`data: ${sent}\n\n${isEnd ? 'data: [DONE]\n\n' : ''}`, isEnd);
  }, 50);
  running += 1;
  onClosed(() => {
    running -= 1;
    clearInterval(timer);
  });
}

/** The numbers of all events, and the end mark: nothing is missing inside either. */
function isWhole(text: string): boolean {
  const numbers = text.match(/\d+/g) ?? [];
  return numbers.every((each, nth) => Number(each) === nth + 1) && text.endsWith('data: [DONE]\n\n');
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const pods: Server[] = [];
/** Streams of the pods that run, and how many were closed before their end. */
let running = 0;
let closedEarly = 0;
async function startPod(): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url === '/health') {
      response.writeHead(isReady ? 200 : 503).end();
      return;
    }
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      response.writeHead(200, { 'content-type': 'text/plain', pod: addressOf(server) });
      response.on('close', () => {
        if (!response.writableFinished) closedEarly += 1;
      });
      answer(
        body,
        (text, isEnd) => {
          response.write(text);
          if (isEnd) response.end();
        },
        (call) => response.on('close', call),
      );
    });
  });
  pods.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return addressOf(server);
}

const addressOf = (server: Server): string => `127.0.0.1:${(server.address() as AddressInfo).port}`;

let dir: string;
let addresses: readonly string[];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'baton-gateways-'));
  addresses = [await startPod(), await startPod()];
});
afterAll(async () => {
  for (const pod of pods) pod.close();
  await rm(dir, { recursive: true, force: true });
});

checkForLeaks();

/**
 * Gives what a client sends in two headers to Baton as a subset hint: a text, or an encoded value.
 */
function withHints({ static_resources: { listeners } }: EnvoyBootstrap): void {
  const place = {
    metadata_namespace: 'envoy.lb.subset_hint',
    key: 'x-gateway-destination-endpoint-subset',
  };
  // biome-ignore lint/suspicious/noExplicitAny: parsed YAML
  const [chain] = (listeners[0] as any).filter_chains;
  chain.filters[0].typed_config.http_filters.unshift({
    name: 'hints',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.header_to_metadata.v3.Config',
      request_rules: [
        { header: 'x-hint', on_header_present: { ...place, type: 'STRING' }, remove: true },
        {
          header: 'x-hint-value',
          on_header_present: { ...place, type: 'PROTOBUF_VALUE', encode: 'BASE64' },
          remove: true,
        },
      ],
    },
  });
}

/** A list of strings as a google.protobuf.Value, in base64. */
function listHint(...texts: readonly string[]): string {
  const field = (tag: number, content: Buffer): Buffer =>
    Buffer.concat([Buffer.from([tag, content.length]), content]);
  const values = texts.map((text) => field(0x0a, field(0x1a, Buffer.from(text))));
  return field(0x32, Buffer.concat(values)).toString('base64');
}

/** A POST over HTTP/2 that ends with trailers. */
async function postWithTrailers(url: string, body: Buffer): Promise<{ status: number; text: string }> {
  const session = connect(url);
  try {
    const call = session.request(
      { ':method': 'POST', ':path': '/v1/chat/completions', 'content-type': 'application/json' },
      { waitForTrailers: true },
    );
    call.on('wantTrailers', () => call.sendTrailers({ 'x-checksum': sha256(body) }));
    call.end(body);
    let status = 0;
    call.on('response', (headers) => {
      status = Number(headers[':status']);
    });
    let text = '';
    for await (const piece of call.setEncoding('utf8')) text += piece;
    return { status, text };
  } finally {
    session.close();
  }
}

/** The reference server cannot leave responses. */
const tried = gatewayNames.filter((name) => transport === 'builtin' || !gatewayFile(name).survivesKill);

describe.each(tried)('behind %s', (name: GatewayName) => {
  const gateway = gatewayFile(name);
  let baton: Baton;
  let envoy: Envoy;

  beforeAll(async () => {
    const [port, adminPort, listenerPort, envoyAdminPort] = (await freePorts(4)) as [
      number,
      number,
      number,
      number,
    ];
    const settings: BatonSettings = {
      ...mergeSettings(gateway.baton, serverSettings(transport)),
      pool: { endpoints: addresses, probe: { intervalMs: 100, panicPercent: 0 } },
      drain: { noticeMs: 100, quietMs: 100 },
    };
    baton = new Baton({ name, port, adminPort, dir, settings });
    await baton.start();
    envoy = await Envoy.start({
      bin: envoyBin(),
      configuration: gateway.configuration,
      dir,
      listenerPort,
      adminPort: envoyAdminPort,
      schedulers: [baton.address],
      pods: addresses,
      amend: withHints,
    });
  }, 60_000);
  afterAll(async () => {
    await envoy?.stop();
    if (baton?.process.running) await baton.kill();
  });

  const chatUrl = (): string => `${envoy.url}/v1/chat/completions`;

  it('a GET is answered', async () => {
    expect((await sendHttp(`${envoy.url}/v1/models`)).status).toBe(200);
  });

  it.each([
    ['a small prompt', [300], true],
    ['a prompt in chunks', [300, 20_000, 5], false],
    ['300 KB', [300_000], true],
    ...(gateway.buffersBodies ? [] : ([['20 MB', Array(20).fill(1_000_000), true]] as const)),
  ] as const)('%s arrives unchanged', async (_what, sizes, announcesLength) => {
    const pieces = sizes.map((bytes, nth) => Buffer.alloc(bytes, `${nth}x`));
    const { status, text } = await postBody(chatUrl(), pieces, { announcesLength });
    const sent = Buffer.concat(pieces);
    expect({ status, ...JSON.parse(text) }).toEqual({
      status: 200,
      bytes: sent.length,
      sha256: sha256(sent),
    });
  });

  const ifBuffered = gateway.buffersBodies ? it : () => {};
  ifBuffered('a body above the buffer limit of Envoy is refused', async () => {
    const pieces = Array(20).fill(Buffer.alloc(1_000_000));
    expect((await postBody(chatUrl(), pieces)).status).toBe(413);
  });

  it('a body that ends with trailers arrives unchanged', async () => {
    const body = Buffer.alloc(20_000, 'trailers');
    const { status, text } = await postWithTrailers(envoy.url, body);
    expect({ status, ...JSON.parse(text) }).toEqual({
      status: 200,
      bytes: body.length,
      sha256: sha256(body),
    });
  });

  const ifHints = gateway.forwardsHints ? it : () => {};
  ifHints('a hint sends requests to the pods that it names, in any form', async () => {
    const stranger = '192.0.2.1:8000';
    for (const pod of addresses) {
      for (const headers of [
        { 'x-hint': pod },
        { 'x-hint': ` ${stranger} , ${pod} ` },
        { 'x-hint-value': listHint(pod) },
        { 'x-hint-value': listHint(`${stranger},${pod}`, stranger) },
      ]) {
        const answers = await Promise.all([1, 2, 3, 4].map(() => sendHttp(chatUrl(), { headers, body: {} })));
        expect(answers.map(({ headers: { pod: served } }) => served)).toEqual(answers.map(() => pod));
      }
    }
    const none = await sendHttp(chatUrl(), { headers: { 'x-hint-value': listHint(stranger) }, body: {} });
    expect(none.status).toBe(503);
  });

  it('events arrive one by one while the stream goes on', async () => {
    mayEnd = false;
    const call = request(chatUrl(), { agent: false, method: 'POST' });
    const answered = responseTo(call);
    const firstEvent = new Promise<string>((resolve) => {
      call.on('response', (response) => response.once('data', (piece) => resolve(String(piece))));
    });
    call.end('{"stream":true}');
    expect(await firstEvent).toMatch(/^data: 1\n/);
    // Where responses are left alone there is no stream any more, and the count is assumed.
    const { open } = (await baton.state()).streams;
    expect(open).toBe(gateway.survivesKill ? 0 : 1);
    mayEnd = true;
    const { status, text } = await answered;
    expect({ status, isWhole: isWhole(text) }).toEqual({ status: 200, isWhole: true });
  });

  it('answers 503 while no pod is ready, and goes on when one is', async () => {
    const statusNow = async () => (await sendHttp(`${envoy.url}/v1/models`)).status;
    isReady = false;
    await eventually(async () => expect(await statusNow()).toBe(503), { timeoutMs: 30_000 });
    isReady = true;
    await eventually(async () => expect(await statusNow()).toBe(200), { timeoutMs: 30_000 });
  });

  it('a client that leaves leaves no stream and no request behind', async () => {
    const upload = new Upload(chatUrl(), 1000);
    upload.send(Buffer.from('half'));
    mayEnd = false;
    const before = closedEarly;
    const streaming = new Upload(chatUrl(), 15);
    streaming.send(Buffer.from('{"stream":true}'));
    const isBusy = async () => (await baton.state()).streams;
    await eventually(async () => expect((await isBusy()).open).toBeGreaterThan(0), { timeoutMs: 30_000 });
    await eventually(() => expect(running).toBe(1), { timeoutMs: 30_000 });
    upload.abort();
    streaming.abort();
    await eventually(async () => expect((await isBusy()).open).toBe(0), { timeoutMs: 30_000 });
    await eventually(() => expect(closedEarly).toBeGreaterThan(before), { timeoutMs: 30_000 });
  });

  const ends = gateway.survivesKill ? (['SIGTERM', 'SIGKILL'] as const) : (['SIGTERM'] as const);
  it.each(ends)(
    `${streams} streams are whole when Baton gets %s`,
    async (signal) => {
      if (!baton.process.running) await baton.start();
      mayEnd = false;
      const body = { stream: true };
      const calls = Array.from({ length: streams }, () => sendHttp(chatUrl(), { body, timeoutMs: 60_000 }));
      await eventually(() => expect(running).toBe(streams), { timeoutMs: 30_000 });
      const ended = signal === 'SIGTERM' ? baton.stop() : baton.kill();
      if (signal === 'SIGKILL') await ended;
      mayEnd = true;
      const answers = await Promise.all(calls);
      await ended;
      expect(answers.map(({ status, text }) => [status, isWhole(text)])).toEqual(
        answers.map(() => [200, true]),
      );
    },
    120_000,
  );
});
