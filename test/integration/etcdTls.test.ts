import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EtcdSession, type EtcdSessionOptions } from '../../src/etcd/etcdSession.ts';
import { ChildProcess } from '../../tools/testbed/childProcess.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { etcdBin } from '../support/tools.ts';

checkForLeaks();

describe('when etcd requires TLS', () => {
  /** An etcd that makes itself a certificate and takes no connection without TLS. */
  let etcd: ChildProcess;
  let folder: string;
  let url: string;
  let store: EtcdSession;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'baton-etcd-tls-'));
    const [clientPort, peerPort] = (await freePorts(2)) as [number, number];
    url = `https://127.0.0.1:${clientPort}`;
    etcd = await ChildProcess.start({
      name: 'etcd with TLS',
      command: etcdBin(),
      args: [
        `--data-dir=${join(folder, 'data')}`,
        '--auto-tls',
        `--listen-client-urls=${url}`,
        `--advertise-client-urls=${url}`,
        `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
      ],
    });
    await etcd.waitUntil('its ports', () =>
      etcd.output.text(200).includes('serving client traffic securely'),
    );
  });
  afterAll(async () => {
    await etcd.kill();
    await rm(folder, { recursive: true });
  });
  afterEach(() => store.stop());

  function joinStore(options: Partial<EtcdSessionOptions>): void {
    store = new EtcdSession({
      endpoints: [url],
      prefix: '/baton/v1/test/',
      leaseTtlSeconds: 2,
      requestTimeoutMs: 2000,
      ...options,
    });
    store.start();
  }

  it('is joined with the certificate authority that signed its certificate', async () => {
    joinStore({ tls: { caFile: join(folder, 'data', 'fixtures', 'client', 'cert.pem') } });
    await eventually(() => store.state.kind === 'joined');
  });

  it('is not trusted without it, and the state has the reason', async () => {
    joinStore({});
    await eventually(() => {
      expect(store.state).toMatchObject({ kind: 'joining', problem: expect.stringMatching(/cert/i) });
    });
  });
});
