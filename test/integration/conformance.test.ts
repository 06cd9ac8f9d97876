import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Baton, mergeSettings } from '../../tools/testbed/baton.ts';
import { freePort, freePorts } from '../../tools/testbed/ports.ts';
import { runBaton } from '../support/batonCommand.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { serverKind, serverSettings } from '../support/serverKinds.ts';

/** `baton conformance` as a pipeline runs it, against an instance. */
const pods: Server[] = [];
let baton: Baton;
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'baton-conformance-'));
  for (let nth = 0; nth < 2; nth += 1) {
    const pod = createServer((_, response) => response.end());
    await new Promise<void>((resolve) => pod.listen(0, '127.0.0.1', resolve));
    pods.push(pod);
  }
  const endpoints = pods.map((pod) => `127.0.0.1:${(pod.address() as AddressInfo).port}`);
  const [port, adminPort] = (await freePorts(2)) as [number, number];
  const own = { pool: { endpoints }, gateway: { alternates: 0 } };
  const settings = mergeSettings(serverSettings(serverKind), own);
  baton = new Baton({ name: 'a', port, adminPort, dir, settings });
  await baton.start();
}, 60_000);
afterAll(async () => {
  await baton?.kill();
  for (const pod of pods) {
    pod.closeAllConnections();
    pod.close();
  }
  await rm(dir, { recursive: true, force: true });
});

checkForLeaks();

it.each(['full-duplex', 'buffered', 'headers'])(
  'passes in the mode %s, with reports and exit code 0',
  async (mode) => {
    const [json, junit] = [join(dir, `${mode}.json`), join(dir, `${mode}.xml`)];
    const args = ['--target', baton.address, '--mode', mode, '--expect', 'one-address'];
    const { exitCode, stdout } = await runBaton(['conformance', ...args, '--json', json, '--junit', junit]);
    expect(stdout).not.toContain('FAILED');
    expect(exitCode).toBe(0);
    const report = JSON.parse(await readFile(json, 'utf8'));
    expect(report).toMatchObject({ mode, failed: 0, endpoints: [expect.any(String), expect.any(String)] });
    expect(report.cases).toHaveLength(stdout.trimEnd().split('\n').length - 1);
    expect(await readFile(junit, 'utf8')).toContain('failures="0"');
    expect((await baton.state()).streams.open).toBe(0);
  },
  60_000,
);

it('ends with 1 when a case fails', async () => {
  const args = [
    '--target',
    baton.address,
    '--only',
    'decision/clear-route-cache',
    '--expect',
    'clear-route-cache',
  ];
  const { exitCode, stdout } = await runBaton(['conformance', ...args]);
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(
    /^FAILED {2}decision\/clear-route-cache: sent .* \| received .*clear_route_cache is not set/,
  );
});

it('ends with 69 where nothing listens', async () => {
  const args = ['--target', `127.0.0.1:${await freePort()}`, '--timeout-ms', '300'];
  expect(await runBaton(['conformance', ...args])).toMatchObject({
    exitCode: 69,
    stderr: expect.stringContaining('no gRPC connection to 127.0.0.1:'),
  });
});

it('passes as an endpoint picker: TLS that no one verifies, plain health beside it, one address', async () => {
  const [port, health, adminPort] = (await freePorts(3)) as [number, number, number];
  const endpoints = pods.map((pod) => `127.0.0.1:${(pod.address() as AddressInfo).port}`);
  const settings = mergeSettings(serverSettings(serverKind), {
    server: {
      healthAddress: `127.0.0.1:${health}`,
      tls: { selfSigned: true, alpn: 'optional' },
    },
    pool: { endpoints },
    gateway: { alternates: 0, clearRouteCache: true, conformanceHeaders: true },
  });
  const picker = new Baton({ name: 'picker', port, adminPort, dir, settings });
  await picker.start();
  try {
    const features = ['one-address', 'clear-route-cache', 'test-header'].flatMap((name) => [
      '--expect',
      name,
    ]);
    const args = ['--target', picker.address, '--tls', '--health-target', `127.0.0.1:${health}`, ...features];
    const { exitCode, stdout } = await runBaton(['conformance', ...args]);
    expect(stdout.split('\n').filter((line) => /^FAILED|not expected|not over TLS/.test(line))).toEqual([]);
    expect(stdout).toContain('ok      tls/no-alpn');
    expect(exitCode).toBe(0);
  } finally {
    await picker.kill();
  }
}, 60_000);
