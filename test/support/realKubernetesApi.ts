import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { ChildProcess } from '../../tools/testbed/childProcess.ts';
import { Etcd } from '../../tools/testbed/etcd.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { etcdBin } from './tools.ts';

/**
 * The API server of Kubernetes itself, with an etcd of its own: no node, no controller, so that
 * pods are what a test says of them. Two users: `admin` may do everything, `baton` nothing.
 */
export const tokens = { admin: 'token-of-admin', baton: 'token-of-baton' } as const;

export class RealKubernetesApi {
  readonly url: string;
  readonly caFile: string;
  readonly etcd: Etcd;
  readonly #bin: string;
  readonly #flags: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(bin: string, url: string, caFile: string, etcd: Etcd, flags: readonly string[]) {
    this.#bin = bin;
    this.url = url;
    this.caFile = caFile;
    this.etcd = etcd;
    this.#flags = flags;
  }

  static async start(bin: string, dir: string): Promise<RealKubernetesApi> {
    const [clientPort, peerPort, port] = (await freePorts(3)) as [number, number, number];
    const certificates = join(dir, 'certificates');
    await mkdir(certificates);
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const file = async (name: string, text: string | Buffer) => {
      await writeFile(join(dir, name), text);
      return join(dir, name);
    };
    const key = await file('accounts.key', privateKey.export({ type: 'sec1', format: 'pem' }));
    const publicFile = await file('accounts.pub', publicKey.export({ type: 'spki', format: 'pem' }));
    const users = [`${tokens.admin},admin,1,"system:masters"`, `${tokens.baton},baton,2`];
    const tokenFile = await file('tokens.csv', `${users.join('\n')}\n`);
    const etcd = await Etcd.start({ bin: etcdBin(), clientPort, peerPort, dataDir: join(dir, 'etcd') });
    const flags = [
      `--etcd-servers=${etcd.endpoint}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      `--cert-dir=${certificates}`,
      `--token-auth-file=${tokenFile}`,
      '--authorization-mode=RBAC',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${publicFile}`,
      `--service-account-signing-key-file=${key}`,
      '--service-cluster-ip-range=10.96.0.0/16',
      '--disable-admission-plugins=ServiceAccount',
    ];
    const url = `https://127.0.0.1:${port}`;
    const api = new RealKubernetesApi(bin, url, join(certificates, 'apiserver.crt'), etcd, flags);
    await api.launch();
    return api;
  }

  async launch(): Promise<void> {
    const process = await ChildProcess.start({
      name: 'kube-apiserver',
      command: this.#bin,
      args: this.#flags,
    });
    this.#process = process;
    const isReady = async () => (await this.#send('GET', '/readyz')).statusCode === 200;
    await process.waitUntil('its /readyz', isReady, 120_000);
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  async stop(): Promise<void> {
    await this.kill();
    await this.etcd.kill();
  }

  /** As `admin`. @throws Error where the server refuses it */
  async send(method: string, path: string, body?: object): Promise<unknown> {
    const response = await this.#send(method, path, body);
    const text = (await response.toArray()).join('');
    const { statusCode = 0 } = response;
    if (statusCode >= 300) throw new Error(`${method} ${path}: ${statusCode} ${text}`);
    return JSON.parse(text);
  }

  /** Something changes that no one sees: the server's next versions are not those that it had. */
  async skipVersion(): Promise<void> {
    const body = JSON.stringify({ key: Buffer.from('/skipped').toString('base64') });
    const { ok } = await fetch(`${this.etcd.endpoint}/v3/kv/put`, { method: 'POST', body });
    if (!ok) throw new Error('etcd refuses to put a key');
  }

  /** What a watch from a version begins with. */
  async firstEvent(path: string, resourceVersion: string): Promise<unknown> {
    const query = new URLSearchParams({ watch: 'true', resourceVersion });
    const response = await this.#send('GET', `${path}?${query}`);
    const [chunk] = (await once(response, 'data', { signal: AbortSignal.timeout(30_000) })) as [Buffer];
    response.destroy();
    return JSON.parse(chunk.toString().split('\n')[0] ?? '');
  }

  async #send(method: string, path: string, body?: object): Promise<IncomingMessage> {
    const isPatch = method === 'PATCH';
    const type = isPatch ? 'application/merge-patch+json' : 'application/json';
    const call = request(`${this.url}${path}`, {
      agent: false,
      method,
      ca: await readFile(this.caFile),
      headers: { authorization: `Bearer ${tokens.admin}`, 'content-type': type },
    });
    call.end(body && JSON.stringify(body));
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    return response;
  }
}
