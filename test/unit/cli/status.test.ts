import { type Admin, startAdmin } from '../../../src/admin/server.ts';
import type { InstanceState } from '../../../src/admin/state.ts';
import { formatError } from '../../../src/cli/formatError.ts';
import { type StatusSource, statusText } from '../../../src/cli/status.ts';
import { hasControlCharacters } from '../../../src/controlCharacters.ts';
import { exitCodeOf } from '../../../src/errors.ts';
import { freePort } from '../../../tools/testbed/ports.ts';
import { quietSources, sampleState } from '../admin/sampleState.ts';

describe('baton status, of an instance by its admin port', () => {
  let admin: Admin;
  let state: InstanceState;
  beforeEach(async () => {
    state = sampleState;
    admin = await startAdmin({
      ...quietSources,
      address: '127.0.0.1:0',
      allowedHosts: [],
      state: () => state,
    });
  });
  afterEach(() => admin.stop());

  it('prints the tables', async () => {
    const stdout = await statusText({ kind: 'admin', address: admin.address }, 'default', false);
    expect(stdout).toMatch(/^baton-1 +draining +1\.0\.0 +1 +7$/m);
  });

  it('shows what would act on the terminal', async () => {
    const release = '1\u001b[2J\u009b31m\nbaton-3  ready';
    state = { ...sampleState, instance: { ...sampleState.instance, release } };
    const stdout = await statusText({ kind: 'admin', address: admin.address }, 'default', false);
    expect(stdout).toMatch(/^baton-2 +ready +1\\u001b\[2J\\u009b31m\\u000abaton-3 {2}ready +2 +3$/m);
    expect(hasControlCharacters(stdout.replaceAll('\n', ''))).toBe(false);
  });

  it('prints JSON for programs', async () => {
    const stdout = await statusText({ kind: 'admin', address: admin.address }, 'default', true);
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

describe('baton status, when the other side does not answer', () => {
  async function failure(source: StatusSource): Promise<{ exitCode: number; text: string }> {
    const error = await statusText(source, 'default', false).catch((error: unknown) => error);
    return { exitCode: exitCodeOf(error), text: formatError(error) };
  }

  it('ends with 69 and names the admin port', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const { exitCode, text } = await failure({ kind: 'admin', address });
    expect(exitCode).toBe(69);
    expect(text).toContain(`no status from the admin port ${address}: `);
    expect(text).toContain('ECONNREFUSED');
  });

  it('ends with 69 and names etcd', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const etcd = { endpoints: [endpoint], prefix: '/baton/v1', requestTimeoutMs: 500 };
    const { exitCode, text } = await failure({ kind: 'etcd', etcd });
    expect(exitCode).toBe(69);
    expect(text).toContain(`no status from etcd ${endpoint}`);
  });

  it('ends with 69 where the configuration has no admin port', async () => {
    const { exitCode, text } = await failure({ kind: 'admin', address: 'off' });
    expect(exitCode).toBe(69);
    expect(text).toContain('name one with --admin');
  });
});
