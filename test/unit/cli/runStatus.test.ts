import { createServer } from 'node:net';
import { type Admin, startAdmin } from '../../../src/admin/server.ts';
import { runStatus, type StatusOptions } from '../../../src/cli/runStatus.ts';
import { sampleState } from '../admin/sampleState.ts';

async function run(options: Partial<StatusOptions>) {
  let stdout = '';
  let stderr = '';
  const exitCode = await runStatus({
    pool: 'default',
    json: false,
    ...options,
    out: (text) => {
      stdout += text;
    },
    err: (text) => {
      stderr += text;
    },
  });
  return { exitCode, stdout, stderr };
}

describe('baton status, asking an admin port', () => {
  let admin: Admin;
  beforeEach(async () => {
    const rest = { metricsText: async () => '', events: { list: () => [] } };
    admin = await startAdmin({ address: '127.0.0.1:0', state: () => sampleState, ...rest });
  });
  afterEach(() => admin.stop());

  it('prints the tables', async () => {
    const { exitCode, stdout, stderr } = await run({ admin: admin.address });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^baton-1 +draining +1\.0\.0 +1 +7$/m);
    expect(stderr).toBe('');
  });

  it('prints JSON for programs', async () => {
    const { stdout } = await run({ admin: admin.address, json: true });
    expect(JSON.parse(stdout)).toMatchObject({
      pool: 'default',
      source: `admin ${admin.address}`,
      instances: [
        { id: 'baton-2', inFlight: 3 },
        { id: 'baton-1', inFlight: 7 },
      ],
    });
  });
});

describe('baton status, when who is asked does not answer', () => {
  async function freePort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  it('ends with 69 and names the admin port', async () => {
    const admin = `127.0.0.1:${await freePort()}`;
    const { exitCode, stdout, stderr } = await run({ admin });
    expect({ exitCode, stdout }).toEqual({ exitCode: 69, stdout: '' });
    expect(stderr).toContain(`${admin} cannot tell the status`);
    expect(stderr).toContain('ECONNREFUSED');
  });

  it('ends with 69 and names etcd', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const etcd = { endpoints: [endpoint], prefix: '/baton/v1', requestTimeoutMs: 500 };
    const { exitCode, stderr } = await run({ etcd });
    expect(exitCode).toBe(69);
    expect(stderr).toContain(`${endpoint} cannot tell the status`);
  });

  it('ends with 69 where the configuration has no admin port', async () => {
    const { exitCode, stderr } = await run({ admin: 'off' });
    expect(exitCode).toBe(69);
    expect(stderr).toContain('name one with --admin');
  });
});
