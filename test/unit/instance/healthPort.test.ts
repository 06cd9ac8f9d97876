import { credentials, status } from '@grpc/grpc-js';
import { HealthPort, type HealthPortOptions } from '../../../src/instance/healthPort.ts';
import { ExternalProcessor, Health } from '../../../src/proto/clients.ts';
import { checkHealth } from '../../../src/proto/healthClient.ts';
import { until } from '../../../tools/testbed/until.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';

checkForLeaks();

const names = ['', 'envoy.service.ext_proc.v3.ExternalProcessor', 'inference-extension'];

describe.each(['builtin', 'grpc-js'] as const)('the health port over %s', (transport) => {
  let port: HealthPort;
  let takesTraffic: boolean;
  let arrived: number;
  const unexpected: unknown[] = [];

  const open = async (options: Partial<HealthPortOptions> = {}): Promise<string> => {
    takesTraffic = true;
    arrived = 0;
    port = new HealthPort({
      address: '127.0.0.1:0',
      transport,
      takesTraffic: () => takesTraffic,
      isFit: () => true,
      onCheckArrived: () => {
        arrived += 1;
      },
      onUnexpectedError: (error) => unexpected.push(error),
      ...options,
    });
    await port.open();
    return port.address ?? '';
  };
  afterEach(async () => {
    await port.close();
    expect(unexpected).toEqual([]);
  });
  const check = async (address: string, service: string) => {
    const result = await checkHealth({ address, service, timeoutMs: 10_000 });
    return result.kind === 'status' ? result.status : result.reason;
  };

  it('answers in plain text what charts ask for', async () => {
    const address = await open();
    for (const service of [...names, 'readiness', 'liveness']) {
      expect([service, await check(address, service)]).toEqual([service, 'SERVING']);
    }
    takesTraffic = false;
    for (const service of names) expect(await check(address, service)).toBe('NOT_SERVING');
    expect(await check(address, 'readiness')).toBe('SERVING');
    expect(await check(address, 'other')).toContain('unknown service');
    expect(arrived).toBe(10);
  });

  it('a watch learns of a change', async () => {
    const address = await open();
    const client = new Health(address, credentials.createInsecure());
    const watch = client.watch({ service: 'inference-extension' });
    const statuses: unknown[] = [];
    watch.on('data', ({ status: each }) => statuses.push(each));
    watch.on('error', () => {});
    await until(() => statuses.length === 1, { what: 'the first status' });
    takesTraffic = false;
    port.changed();
    await until(() => statuses.length === 2, { what: 'the second status' });
    expect(statuses).toEqual(['SERVING', 'NOT_SERVING']);
    await port.close();
    client.close();
  });

  it('decides on nothing', async () => {
    const address = await open();
    const client = new ExternalProcessor(address, credentials.createInsecure());
    const stream = client.process();
    stream.write({ request_headers: {} });
    const code = await new Promise((resolve) => {
      stream.on('error', ({ code: each }: { code?: number }) => resolve(each));
      stream.on('data', resolve);
    });
    expect(code).toBe(status.UNIMPLEMENTED);
    client.close();
  });

  it('is closed where it is off', async () => {
    await open({ address: 'off' });
    expect(port.address).toBeUndefined();
  });
});
