import { batonCommandLine } from '../../tools/testbed/batonEntry.ts';
import { ChildProcess } from '../../tools/testbed/childProcess.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { runBaton } from '../support/batonCommand.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { startTestEtcd } from '../support/testEtcd.ts';

checkForLeaks();

/** Nothing listens there. The last one makes Node itself use the others. */
const deadProxy = {
  ...Object.fromEntries(
    ['http_proxy', 'https_proxy', 'grpc_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].map((name) => [
      name,
      'http://127.0.0.1:1',
    ]),
  ),
  NODE_USE_ENV_PROXY: '1',
};

it('reaches etcd, its probe and its admin port directly, whatever proxy the environment names', async () => {
  const running = await startTestEtcd();
  const [port, adminPort] = (await freePorts(2)) as [number, number];
  const [command, ...args] = batonCommandLine(
    ...['serve', '--address', `127.0.0.1:${port}`, '--admin', `127.0.0.1:${adminPort}`],
    ...['--etcd', running.etcd.endpoint, '--endpoint', '127.0.0.1:2'],
    ...['--set', 'pool.probe.enabled=false', '--set', 'startup.storeWaitMs=60000'],
    ...['--set', 'drain.noticeMs=0', '--set', 'drain.quietMs=0'],
  );
  const baton = await ChildProcess.start({ name: 'baton', command, args, env: deadProxy });
  try {
    await baton.waitForLine(/"to":"ready"/);
    const probe = await runBaton(['probe', '--address', `127.0.0.1:${port}`], deadProxy);
    expect(probe).toEqual({ exitCode: 0, stdout: 'SERVING\n', stderr: '' });
    for (const from of [
      ['--admin', `127.0.0.1:${adminPort}`],
      ['--etcd', running.etcd.endpoint],
    ]) {
      const status = await runBaton(['status', ...from], deadProxy);
      expect(status).toMatchObject({ exitCode: 0, stderr: '' });
    }
  } finally {
    await baton.stop();
    await running.stop();
  }
});
