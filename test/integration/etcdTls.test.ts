import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EtcdSession, type EtcdSessionOptions } from '../../src/etcd/etcdSession.ts';
import { ChildProcess } from '../../tools/testbed/childProcess.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { tlsFile } from '../support/tlsFixtures.ts';
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

describe('when etcd asks for a client certificate', () => {
  let etcd: ChildProcess;
  let folder: string;
  let ports: [number, number];
  let store: EtcdSession;
  const leaseTtlSeconds = 20;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'baton-etcd-tls-'));
    ports = (await freePorts(2)) as [number, number];
  });
  afterEach(async () => {
    await store.stop();
    await etcd.kill();
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function startEtcd(clientAuthority: string): Promise<void> {
    const url = `https://127.0.0.1:${ports[0]}`;
    etcd = await ChildProcess.start({
      name: 'etcd with client certificates',
      command: etcdBin(),
      args: [
        `--data-dir=${join(folder, 'data')}`,
        `--cert-file=${tlsFile('server.pem')}`,
        `--key-file=${tlsFile('server.key')}`,
        '--client-cert-auth',
        `--trusted-ca-file=${tlsFile(clientAuthority)}`,
        `--listen-client-urls=${url}`,
        `--advertise-client-urls=${url}`,
        `--listen-peer-urls=http://127.0.0.1:${ports[1]}`,
      ],
    });
    await etcd.waitUntil('its ports', () =>
      etcd.output.text(200).includes('serving client traffic securely'),
    );
  }

  async function useCertificate(name: string): Promise<void> {
    await copyFile(tlsFile(`${name}.pem`), join(folder, 'client.pem'));
    await copyFile(tlsFile(`${name}.key`), join(folder, 'client.key'));
  }

  it('goes on with a renewed one, although the authority is another one, and keeps its lease', async () => {
    await useCertificate('client');
    await startEtcd('ca.pem');
    store = new EtcdSession({
      endpoints: [`https://127.0.0.1:${ports[0]}`],
      prefix: '/baton/v1/test/',
      leaseTtlSeconds,
      requestTimeoutMs: 2000,
      tls: {
        caFile: tlsFile('ca.pem'),
        certFile: join(folder, 'client.pem'),
        keyFile: join(folder, 'client.key'),
      },
    });
    let joins = 0;
    store.start({
      onState: ({ kind }) => {
        if (kind === 'joined') joins += 1;
      },
    });
    await eventually(() => store.state.kind === 'joined');

    await etcd.stop();
    await startEtcd('other-ca.pem');
    const write = () => store.change([{ kind: 'put', key: 'a', value: Buffer.from('1') }]);
    await expect(write()).rejects.toThrow();
    await useCertificate('stranger');
    await eventually(write);
    expect({ state: store.state.kind, joins }).toEqual({ state: 'joined', joins: 1 });
  }, 40_000);
});
