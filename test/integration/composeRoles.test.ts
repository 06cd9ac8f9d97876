import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { EtcdPermissionDeniedError } from 'etcd3';
import { parse } from 'yaml';
import { connect } from '../../src/etcd/client.ts';
import { batonEntry } from '../../tools/testbed/batonEntry.ts';
import { checkoutDir, findTools } from '../../tools/testbed/tools.ts';
import { readBlocks } from '../support/documentedCommands.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { startTestEtcd, type TestEtcd } from '../support/testEtcd.ts';

/**
 * The roles of docker-compose.yml: what docs/etcd.md says to run, with baton and etcdctl of this
 * machine in place of the containers, and a real etcd.
 */
afterAll(async () => {
  await etcd.stop();
  await rm(folder, { recursive: true, force: true });
});
checkForLeaks();

const run = promisify(execFile);
const etcdBinaries = dirname(findTools(process.env).etcd);
const passwords = { INSTANCE_PASSWORD: 'one', REGISTRAR_PASSWORD: 'two', ROOT_PASSWORD: 'three' };

interface Service {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly healthcheck: { readonly test: readonly string[] };
}

let etcd: TestEtcd;
let folder: string;
let services: Readonly<Record<'etcd' | 'etcd-roles', Service>>;

beforeAll(async () => {
  etcd = await startTestEtcd();
  folder = await mkdtemp(join(tmpdir(), 'baton-compose-'));
  services = parse(await readFile(join(checkoutDir, 'docker-compose.yml'), 'utf8')).services;
});

it('what docs/etcd.md says makes the roles, and users that have them', async () => {
  const [block] = readBlocks('docs/etcd.md').filter(({ text }) => text.includes('docker compose'));
  await runInPlaceOfDocker(block?.text ?? '');
  const allowed = async (username: string, password: string) => {
    const options = { endpoints: [etcd.etcd.endpoint], requestTimeoutMs: 5_000, username, password };
    const client = connect(options, '/baton/v1/default/');
    const written: string[] = [];
    for (const key of ['instances/x', 'load/x', 'endpoints/10.0.0.1:80', 'target', 'config']) {
      const refusal = await client.keys
        .put(key)
        .value('')
        .exec()
        .then(
          () => undefined,
          (error: unknown) => error,
        );
      if (refusal === undefined) written.push(key);
      else expect(refusal).toBeInstanceOf(EtcdPermissionDeniedError);
    }
    client.close();
    return written;
  };
  expect(await allowed('instance', passwords.INSTANCE_PASSWORD)).toEqual(['instances/x', 'load/x']);
  expect(await allowed('registrar', passwords.REGISTRAR_PASSWORD)).toEqual(['endpoints/10.0.0.1:80']);
});

it('the health check of the service etcd needs no user', async () => {
  const [kind, command = '', ...args] = services.etcd.healthcheck.test;
  expect([kind, command]).toEqual(['CMD', 'etcdctl']);
  const check = (endpoint: string) =>
    run(
      join(etcdBinaries, command),
      args.map((arg) => arg.replace('http://127.0.0.1:2379', endpoint)),
    );
  await check(etcd.etcd.endpoint);
  await expect(check('http://127.0.0.1:1')).rejects.toThrow();
});

/** A script in which the containers of docker-compose.yml are programs of this machine. */
async function runInPlaceOfDocker(script: string): Promise<void> {
  const { command, environment } = services['etcd-roles'];
  expect(environment).toEqual({ BATON_ETCD_ENDPOINTS: 'http://etcd:2379' });
  const lines = [
    '#!/bin/sh',
    'case "$*" in',
    `'compose run --build --rm etcd-roles') exec '${process.execPath}' '${batonEntry}' ${command.join(' ')} ;;`,
    `'compose exec -T etcd etcdctl '*) shift 4; exec "$@" ;;`,
    'esac',
    'exit 64',
  ];
  await writeFile(join(folder, 'docker'), `${lines.join('\n')}\n`, { mode: 0o755 });
  const env = {
    PATH: `${folder}:${etcdBinaries}:${process.env.PATH}`,
    ETCDCTL_ENDPOINTS: etcd.etcd.endpoint,
    BATON_ETCD_ENDPOINTS: etcd.etcd.endpoint,
    ...passwords,
  };
  await run('sh', ['-euc', script], { env });
}
