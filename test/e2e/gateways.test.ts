import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Baton, type BatonSettings } from '../../tools/testbed/baton.ts';
import { Envoy } from '../../tools/testbed/envoy.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { postBody, Upload } from '../support/postBody.ts';
import { sendHttp } from '../support/sendHttp.ts';
import { serverKind as transport } from '../support/serverKinds.ts';
import { envoyBin } from '../support/tools.ts';

/** Baton behind the Envoy configurations of gateways, as in envoy/gateways. */
const streams = 40;
/** Until then streams go on. */
let mayEnd = true;

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
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      response.writeHead(200, { 'content-type': 'text/plain' });
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
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

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

/** Whether a dying Baton leaves responses alone: else Envoy cuts those whose stream is open. */
const survivesKill = ['istio', 'llm-d', 'envoy-ai-gateway'];

describe.each([
  ['istio', {}],
  ['llm-d', { alternates: 0 }],
  ['envoy-ai-gateway', { alternates: 0 }],
  ['envoy-ai-gateway-buffered', { alternates: 0 }],
  ['envoy-gateway', {}],
] as const)('behind %s', (name, gateway) => {
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
      server: { transport },
      gateway,
      pool: { endpoints: addresses },
      drain: { noticeMs: 100, quietMs: 100 },
    };
    baton = new Baton({ name, port, adminPort, dir, settings });
    await baton.start();
    envoy = await Envoy.start({
      bin: envoyBin(),
      configuration: `gateways/${name}.yaml`,
      dir,
      listenerPort,
      adminPort: envoyAdminPort,
      schedulers: [baton.address],
      pods: addresses,
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
  ])('%s arrives unchanged', async (_what, sizes, announcesLength) => {
    const pieces = sizes.map((bytes, nth) => Buffer.alloc(bytes, `${nth}x`));
    const { status, text } = await postBody(chatUrl(), pieces, { announcesLength });
    const sent = Buffer.concat(pieces);
    expect({ status, ...JSON.parse(text) }).toEqual({
      status: 200,
      bytes: sent.length,
      sha256: sha256(sent),
    });
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

  const ends = survivesKill.includes(name) ? (['SIGTERM', 'SIGKILL'] as const) : (['SIGTERM'] as const);
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
