import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { credentials } from '@grpc/grpc-js';
import { ExternalProcessor } from '../../../../src/proto/clients.ts';
import { until } from '../../../../tools/testbed/until.ts';
import { EchoServer } from '../../../support/echoServer.ts';
import { checkForLeaks } from '../../../support/leakCheck.ts';
import { connectTls, outcomeOf } from '../../../support/tlsClient.ts';
import { tlsBytes } from '../../../support/tlsFixtures.ts';
import { certificateOf, TlsSource } from '../../../support/tlsSource.ts';

/** The authorities of clients change while clients are connected. */
checkForLeaks();

const both = certificateOf('server', ['ca', 'other-ca']);
const one = certificateOf('server', ['ca']);

/** The state of a channel that has no connection (grpc-js, connectivityState.IDLE). */
const idle = 0;

describe.each(['builtin', 'grpc-js'] as const)('over %s', (kind) => {
  let source: TlsSource;
  let echo: EchoServer;
  let clients: InstanceType<typeof ExternalProcessor>[];
  async function serve(graceMs: number, first = both): Promise<void> {
    clients = [];
    source = new TlsSource(first, { graceMs });
    echo = await new EchoServer({ kind, certificates: source }).listen();
  }
  afterEach(async () => {
    for (const client of clients) client.close();
    await echo.server.close(500);
  });

  /** A client with an open stream that has been answered. */
  async function connected(as: string) {
    const identity = [tlsBytes(`${as}.key`), tlsBytes(`${as}.pem`)];
    const client = new ExternalProcessor(
      echo.address,
      credentials.createSsl(tlsBytes('ca.pem'), ...identity),
      { 'grpc.ssl_target_name_override': 'baton.test' },
    );
    clients.push(client);
    const stream = client.process().on('error', () => {});
    let ended = '';
    stream.on('status', ({ code }) => {
      ended = String(code);
    });
    const echoed = async (): Promise<void> => {
      stream.write({ request_headers: {} });
      await once(stream, 'data');
    };
    await echoed();
    const hasLeft = () => client.getChannel().getConnectivityState(false) === idle;
    return { stream, echoed, hasLeft, ended: () => ended };
  }

  it('a client of a removed authority gets GOAWAY, its stream goes on, and then it is closed', async () => {
    await serve(1_500);
    const stays = await connected('client');
    const leaves = await connected('stranger');
    source.renew(one);
    expect(source.distrusted).toEqual([1]);
    await until(() => leaves.hasLeft(), { what: 'the GOAWAY' });
    await leaves.echoed();
    expect(leaves.ended()).toBe('');
    await until(() => leaves.ended() !== '', { what: 'the close' });
    await stays.echoed();
    expect(stays.hasLeft()).toBe(false);
    expect(await outcomeOf(connectTls(echo.address, { as: 'stranger' }))).not.toBe('accepted');
    stays.stream.end();
    await until(() => stays.ended() === '0', { what: 'the end of the stream that stayed' });
  });

  it('a client of a removed authority that has no stream, and reads no frame, is closed too', async () => {
    await serve(500);
    const silent = connectTls(echo.address, { as: 'stranger' });
    expect(await outcomeOf(silent)).toBe('accepted');
    source.renew(one);
    expect(source.distrusted).toEqual([1]);
    await until(() => silent.closed, { what: 'the close' });
  });

  it('an authority that is added, and a certificate that is renewed, concern no client', async () => {
    await serve(1, one);
    const client = await connected('client');
    source.renew(both);
    source.renew({ ...certificateOf('renewed', ['ca', 'other-ca']) });
    await client.echoed();
    expect(source.distrusted).toEqual([]);
    expect(client.hasLeft()).toBe(false);
    client.stream.cancel();
  });

  it('a handshake that began with the removed authority does not complete', async () => {
    await serve(1);
    const [host, port] = echo.address.split(':') as [string, string];
    const silent = connectTcp({ host, port: Number(port) }).on('error', () => {});
    silent.resume();
    await once(silent, 'connect');
    const other = await connected('client');
    source.renew(one);
    await until(() => silent.closed, { what: 'the end of the handshake' });
    await other.echoed();
    other.stream.cancel();
  });
});
