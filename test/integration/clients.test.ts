import { type ExecFileException, execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { externalProcessorName } from '../../src/extproc/names.ts';
import { externalProcessorService } from '../../src/proto/services.ts';
import { Baton } from '../../tools/testbed/baton.ts';
import { Pod } from '../../tools/testbed/pod.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { message, processPath } from '../../tools/testbed/rawHttp2.ts';
import { checkoutDir } from '../../tools/testbed/tools.ts';
import { foreignTool } from '../support/foreignTool.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { serverSettings } from '../support/serverKinds.ts';

/** Clients of other projects, against a running instance. `make clients` builds the first two. */
checkForLeaks();

const grpcurl = foreignTool('grpcurl', 'make clients');
const healthProbe = foreignTool('grpc-health-probe', 'make clients');
const h2load = foreignTool('h2load', 'install the package nghttp2-client');

describe.each(['builtin', 'grpc-js'] as const)('an instance with the server %s', (transport) => {
  let dir: string;
  let pod: Pod;
  let instance: Baton;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'baton-clients-'));
    const [podPort, port, adminPort] = (await freePorts(3)) as [number, number, number];
    pod = await Pod.start({ id: 'pod', port: podPort });
    const settings = { ...serverSettings(transport), pool: { endpoints: [pod.address] } };
    instance = new Baton({ name: 'a', port, adminPort, dir, settings });
    await instance.start();
  });

  afterAll(async () => {
    await instance.kill();
    await pod.kill();
    await rm(dir, { recursive: true });
  });

  grpcurl.describe(grpcurl.title, () => {
    const protoFolder = join(checkoutDir, 'proto');

    async function call(protoFile: string, method: string, ...messages: object[]) {
      const data = messages.map((one) => JSON.stringify(one)).join('\n');
      const from = ['-import-path', protoFolder, '-proto', protoFile];
      const { code, out } = await run(grpcurl.path, [
        '-plaintext',
        ...from,
        '-d',
        data,
        instance.address,
        method,
      ]);
      return { code, out };
    }

    it('gets the decision for a request and a reply to its trailers', async () => {
      const { code, out } = await call(
        'envoy/service/ext_proc/v3/external_processor.proto',
        `${externalProcessorName}/Process`,
        { request_headers: { headers: { headers: [{ key: ':path', raw_value: base64('/v1/models') }] } } },
        { response_trailers: {} },
      );
      expect(code).toBe(0);
      const [decision, trailers] = JSON.parse(`[${out.replaceAll(/^}\n{/gm, '},{')}]`);
      const [destination] = decision.requestHeaders.response.headerMutation.setHeaders;
      expect(destination.header).toEqual({
        key: 'x-gateway-destination-endpoint',
        rawValue: base64(pod.address),
      });
      expect(decision.dynamicMetadata).toEqual({
        'envoy.lb': { 'x-gateway-destination-endpoint': pod.address },
      });
      expect(trailers).toEqual({ responseTrailers: {} });
    });

    it('gets the health of a service, and NOT_FOUND for an unknown one', async () => {
      const check = (service: string) =>
        call('grpc/health/v1/health.proto', 'grpc.health.v1.Health/Check', { service });
      expect(await check(externalProcessorName)).toMatchObject({
        code: 0,
        out: expect.stringContaining('"SERVING"'),
      });
      // grpcurl exits with 64 plus the gRPC status.
      expect(await check('no.such.Service')).toMatchObject({ code: 64 + 5 });
    });
  });

  healthProbe.describe(healthProbe.title, () => {
    const unhealthy = 4;
    const exitCode = async (...flags: string[]) =>
      (await run(healthProbe.path, ['-addr', instance.address, ...flags])).code;

    it.each(['', externalProcessorName, 'readiness', 'liveness'])(
      'exits with 0 when it checks "%s" of a ready instance',
      async (service) => {
        expect(await exitCode('-service', service)).toBe(0);
      },
    );

    it('exits with its code for unhealthy when it checks "" while the instance drains', async () => {
      const [port, adminPort] = (await freePorts(2)) as [number, number];
      const drain = { noticeMs: 60_000, graceMs: 60_000 };
      const settings = { ...serverSettings(transport), pool: { endpoints: [pod.address] }, drain };
      const leaving = new Baton({ name: 'b', port, adminPort, dir, settings });
      await leaving.start();
      try {
        leaving.process.signal('SIGTERM');
        await leaving.process.waitUntil(
          'its drain',
          async () => (await leaving.state()).instance.phase === 'draining',
        );
        const check = async (service: string) =>
          (await run(healthProbe.path, ['-addr', leaving.address, '-service', service])).code;
        expect(await check('')).toBe(unhealthy);
        expect(await check('liveness')).toBe(0);
      } finally {
        await leaving.kill();
      }
    });
  });

  h2load.describe(h2load.title, () => {
    it('gets a reply on every stream, on several connections with many concurrent streams', async () => {
      const count = 5_000;
      const requestFile = join(dir, 'request');
      await writeFile(
        requestFile,
        message(externalProcessorService.Process.requestSerialize({ request_headers: {} })),
      );
      const headers = ['content-type: application/grpc', 'te: trailers'].flatMap((header) => ['-H', header]);
      const load = ['-n', String(count), '-c', '4', '-m', '100', '-d', requestFile, ...headers];
      const { code, out } = await run(h2load.path, [...load, `http://${instance.address}${processPath}`]);
      expect(code).toBe(0);
      expect(out).toContain(`${count} succeeded, 0 failed, 0 errored, 0 timeout`);
      expect(out).toContain(`${count} 2xx`);
      expect((await instance.state()).streams.open).toBe(0);
    });
  });
});

function run(command: string, args: readonly string[]): Promise<{ code: unknown; out: string }> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 30_000 }, (error: ExecFileException | null, out, err) => {
      resolve({ code: error === null ? 0 : error.code, out: `${out}${err}` });
    });
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
