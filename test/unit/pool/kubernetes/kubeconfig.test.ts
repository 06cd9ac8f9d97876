import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { accessTo } from '../../../../src/pool/kubernetes/access.ts';
import type { KubernetesAccess } from '../../../../src/pool/kubernetes/apiConnection.ts';
import { openRequest, readJson } from '../../../../src/pool/kubernetes/apiRequest.ts';
import { KubernetesApi } from '../../../support/kubernetesApi.ts';
import { tlsBytes, tlsFile } from '../../../support/tlsFixtures.ts';

const podsPath = '/api/v1/namespaces/models/pods';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'baton-kubeconfig-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Parts {
  readonly cluster?: object;
  readonly user?: object;
  readonly context?: object;
  readonly current?: string;
}

/** JSON is YAML. */
async function write({ cluster, user, context, current = 'here' }: Parts, name = 'config'): Promise<string> {
  const path = join(folder, name);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': current,
    clusters: [{ name: 'c', cluster: { server: 'https://10.0.0.1:6443', ...cluster } }],
    users: [{ name: 'u', user: user ?? {} }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u', ...context } }],
  };
  await writeFile(path, JSON.stringify(config));
  return path;
}

const settings = { selector: 'app=vllm', ports: [8000], nodeZones: false, modelRewrites: false };
const access = (kubeconfig: string) => accessTo({ ...settings, kubeconfig }, {});
const request = { signal: new AbortController().signal, silenceMs: 30_000 };
const list = async (of: KubernetesAccess) => readJson(await openRequest(of, podsPath, {}, request));

describe('the current context of a kubeconfig', () => {
  it('has server, namespace and token', async () => {
    const path = await write({ user: { token: 't' }, context: { namespace: 'models' } });
    const { connect, namespace } = await access(path);
    const { apiServer, token } = await connect();
    expect([apiServer.href, namespace, token]).toEqual(['https://10.0.0.1:6443/', 'models', 't']);
  });

  it('is also found by KUBECONFIG, unless the settings say more', async () => {
    const KUBECONFIG = await write({ user: { token: 't' } });
    const environment = { KUBECONFIG, KUBERNETES_SERVICE_HOST: '10.9.9.9' };
    expect((await (await accessTo(settings, environment)).connect()).token).toBe('t');
    const apiServer = 'http://127.0.0.1:1';
    const byUrl = await accessTo({ ...settings, apiServer }, environment);
    expect(await byUrl.connect()).toMatchObject({ apiServer: new URL(apiServer), token: undefined });
  });

  it('is put together of several files, of which the first that has a name counts', async () => {
    const first = await write({ current: '', user: { token: 'first' } }, 'first');
    const second = await write({ context: { namespace: 'second' }, user: { token: 'second' } }, 'second');
    const { connect, namespace } = await access(`${first}${delimiter}${second}`);
    expect([namespace, (await connect()).token]).toEqual(['default', 'first']);
  });

  it('may be YAML, with files beside it', async () => {
    await writeFile(join(folder, 'token'), 'from a file\n');
    const path = join(folder, 'config.yaml');
    const yaml = `
      current-context: here
      contexts: [{ name: here, context: { cluster: c, user: u } }]
      clusters: [{ name: c, cluster: { server: "http://127.0.0.1:8001" } }]
      users: [{ name: u, user: { tokenFile: token, token: old } }]`;
    await writeFile(path, yaml);
    expect((await (await access(path)).connect()).token).toBe('from a file');
  });

  it.each<[string, Parts, string]>([
    ['another context', { current: 'there' }, 'it has no context "there"'],
    ['no context', { current: '' }, 'it has no current-context'],
    ['another user', { context: { user: 'x' } }, 'it has no user "x"'],
    ['no server', { cluster: { server: 'ftp://x' } }, 'is no http:// or https:// URL'],
    [
      'no check of the server',
      { cluster: { 'insecure-skip-tls-verify': true } },
      'anyone could answer for it',
    ],
    ['a proxy', { cluster: { 'proxy-url': 'http://p:1' } }, 'proxy-url, which is not supported'],
    ['an exec plugin', { user: { exec: { command: 'aws' } } }, 'Baton runs no other programs; make a token'],
    ['a password', { user: { username: 'a', password: 'b' } }, 'username, which is not supported'],
    ['another identity', { user: { as: 'admin' } }, 'as, which is not supported'],
    ['a file that is not there', { user: { tokenFile: 'nowhere' } }, 'nowhere: ENOENT'],
  ])('is refused with a reason: %s', async (_what, parts, reason) => {
    const path = await write(parts);
    await expect(access(path)).rejects.toMatchObject({
      code: 'endpoints-unreadable',
      message: expect.stringMatching(/^pool\.kubernetes: kubeconfig \S+: /),
    });
    await expect(access(path)).rejects.toThrow(reason);
  });

  it('is refused where the file is none', async () => {
    await expect(access(join(folder, 'nowhere'))).rejects.toThrow(/cannot read \S+nowhere: ENOENT/);
    await writeFile(join(folder, 'broken'), 'a: [');
    await expect(access(join(folder, 'broken'))).rejects.toThrow(/broken is no YAML: .* at line 1/);
  });
});

describe('an API server that asks for client certificates', () => {
  let api: KubernetesApi;
  beforeEach(async () => {
    const [cert, key, clientCa] = ['server.pem', 'server.key', 'ca.pem'].map(tlsBytes) as [
      Buffer,
      Buffer,
      Buffer,
    ];
    api = await new KubernetesApi({ tls: { cert, key, clientCa } }).start();
    api.know(podsPath);
  });
  afterEach(() => api.stop());
  const data = (name: string) => tlsBytes(name).toString('base64');
  const cluster = () => ({ server: api.url, 'certificate-authority-data': data('ca.pem') });

  it('takes the certificate of the kubeconfig, as data or as files', async () => {
    const asData = { 'client-certificate-data': data('client.pem'), 'client-key-data': data('client.key') };
    const asFiles = { 'client-certificate': tlsFile('client.pem'), 'client-key': tlsFile('client.key') };
    for (const user of [asData, asFiles]) {
      const path = await write({ cluster: cluster(), user });
      expect(await list(await access(path))).toMatchObject({ kind: 'List' });
    }
  });

  it('takes the one that the kubeconfig is changed to', async () => {
    const by = await access(await write({ cluster: cluster() }));
    await expect(list(by)).rejects.toThrow();
    const user = { 'client-certificate-data': data('client.pem'), 'client-key-data': data('client.key') };
    await write({ cluster: cluster(), user });
    expect(await list(by)).toMatchObject({ kind: 'List' });
  });

  it('is not asked when it has a certificate of another authority, or of another name', async () => {
    const user = { 'client-certificate': tlsFile('client.pem'), 'client-key': tlsFile('client.key') };
    for (const wrong of [
      { 'certificate-authority-data': data('other-ca.pem') },
      { 'tls-server-name': 'somewhere.else' },
    ]) {
      const path = await write({ cluster: { ...cluster(), ...wrong }, user });
      await expect(list(await access(path))).rejects.toThrow(/certificate|altnames/i);
    }
    expect(api.requests).toEqual([]);
  });
});
