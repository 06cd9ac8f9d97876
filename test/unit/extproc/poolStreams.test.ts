import { credentials, type ServiceError, status } from '@grpc/grpc-js';
import { PoolStreams } from '../../../src/extproc/poolStreams.ts';
import { ExternalProcessor } from '../../../src/proto/clients.ts';
import type { ProcessingRequest } from '../../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import { decideOnce } from '../../support/decideOnce.ts';
import { endpoint } from '../../support/endpoints.ts';
import { eventually } from '../../support/eventually.ts';
import { SchedulingServer } from '../../support/schedulingServer.ts';
import { serverKinds } from '../../support/serverKinds.ts';

const matchOf = (value: string) => [{ header: { name: 'x-pool', value } }];

describe.each(serverKinds)('a port with two pools on the %s server', (kind) => {
  let pools: readonly [SchedulingServer, SchedulingServer];
  let port: SchedulingServer;
  let withoutPool: string[] = [];
  let client: InstanceType<typeof ExternalProcessor>;

  beforeEach(async () => {
    withoutPool = [];
    pools = [
      new SchedulingServer(kind, { ready: [endpoint('10.0.0.1:80')] }),
      new SchedulingServer(kind, { ready: [endpoint('10.0.0.2:80')] }),
    ];
    const streams = new PoolStreams({
      pools: pools.map(({ exchanges }, nth) => ({ matches: matchOf(`pool-${nth + 1}`), exchanges })),
      maxStreams: 3,
      onWithoutPool: (why) => withoutPool.push(why),
    });
    port = await new SchedulingServer(kind, { acceptStream: (stream) => streams.accept(stream) }).listen();
    client = new ExternalProcessor(port.address, credentials.createInsecure());
  });

  afterEach(async () => {
    client.close();
    await port.server.close(1_000);
    expect(port.unexpected).toEqual([]);
  });

  const headersOf = (pool: string): ProcessingRequest => ({
    request_headers: { headers: { headers: [{ key: 'x-pool', raw_value: Buffer.from(pool) }] } },
  });
  const open = () => {
    const stream = client.process();
    const ended = new Promise<number>((resolve) => {
      stream.on('status', ({ code }) => resolve(code));
      stream.on('error', ({ code }: ServiceError) => resolve(code));
    });
    const replied = new Promise((resolve) => stream.once('data', resolve));
    return { stream, ended, replied };
  };

  it('sends each request to a pod of its pool, which counts it alone', async () => {
    expect(await decideOnce(port.address, { 'x-pool': 'pool-1' })).toEqual({ pod: '10.0.0.1:80' });
    const { stream, ended, replied } = open();
    stream.write(headersOf('pool-2'));
    await replied;
    expect(pools.map(({ exchanges }) => exchanges.open)).toEqual([0, 1]);
    expect([...pools[1].ledger.local()]).toEqual([['10.0.0.2:80', 1]]);
    stream.end();
    expect(await ended).toBe(status.OK);
    await eventually(() => expect([...pools[1].ledger.local().values()]).toEqual([]));
  });

  it('answers a request that is for none of them with 404, and counts it', async () => {
    const refused = { status: 404, code: 'pool_not_found' };
    expect(await decideOnce(port.address, { 'x-pool': 'pool-3' })).toEqual(refused);
    expect(await decideOnce(port.address, {})).toEqual(refused);
    expect(withoutPool).toEqual(['unmatched', 'unmatched']);
    expect(pools.map(({ exchanges }) => exchanges.open)).toEqual([0, 0]);
  });

  it('refuses a message without headers as one pool does', async () => {
    const { stream, ended } = open();
    stream.write({});
    expect(await ended).toBe(status.INVALID_ARGUMENT);
  });

  it('ends a stream that ends without a message', async () => {
    const { stream, ended } = open();
    stream.resume();
    stream.end();
    expect(await ended).toBe(status.OK);
  });

  it('has one limit of streams for all, those without a message too', async () => {
    const [first, second, third] = [open(), open(), open()];
    first.stream.write(headersOf('pool-1'));
    second.stream.write(headersOf('pool-2'));
    await Promise.all([first.replied, second.replied]);
    // The third is known to the server when a later stream is refused.
    await eventually(async () => {
      const fourth = open();
      fourth.stream.write(headersOf('pool-1'));
      const refused = fourth.ended.then((code) => code === status.RESOURCE_EXHAUSTED);
      const isRefused = await Promise.race([refused, fourth.replied.then(() => false)]);
      fourth.stream.end();
      expect(isRefused).toBe(true);
    });
    expect(withoutPool).toEqual(['overloaded']);
    for (const { stream } of [first, second, third]) {
      stream.resume();
      stream.end();
    }
    await Promise.all([first, second, third].map(({ ended }) => ended));
    expect(await decideOnce(port.address, { 'x-pool': 'pool-1' })).toEqual({ pod: '10.0.0.1:80' });
  });
});
