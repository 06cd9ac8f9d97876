import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runBaton } from '../support/batonCommand.ts';

describe('when help is asked for', () => {
  it('lists the commands and the exit codes', async () => {
    const { exitCode, stdout } = await runBaton(['--help']);
    expect(exitCode).toBe(0);
    for (const command of [
      'serve',
      'check',
      'config',
      'register',
      'status',
      'upgrade',
      'dynamic',
      'probe',
      'conformance',
      'podsim',
      'rehearse',
      'simulate',
    ]) {
      expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    }
    expect(stdout).toMatch(/^ {2}78 {2}the configuration is wrong$/m);
  });

  it('lists every setting with the commands that take them', async () => {
    const { stdout } = await runBaton(['serve', '--help']);
    expect(stdout).toContain('--log-level <level>');
    expect(stdout).toMatch(/^ {2}drain\.graceMs +Accepted requests .*default 30000$/m);
  });

  it('prints the version', async () => {
    expect((await runBaton(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('when the command line is wrong', () => {
  it.each([
    ['no command', [], 'What to do next:\n  baton serve --endpoint'],
    ['an unknown command', ['srve'], "unknown command 'srve'"],
    ['an unknown flag', ['serve', '--policie', 'random'], "unknown option '--policie'"],
    ['a missing argument', ['check'], "missing required argument 'file'"],
    [
      'a pod without an address',
      ['register', '--etcd', '127.0.0.1:1'],
      "required option '--address <ip:port>'",
    ],
    ['a suite without a picker', ['conformance'], '--target: expected the host:port of an endpoint picker'],
    ['a rehearsal of nothing', ['rehearse', '--times', '0'], '--times "0": expected a whole number from 1'],
    ['a generation that is none', ['upgrade', 'pin', 'v2', '--etcd', '127.0.0.1:1'], '"v2" is no generation'],
    [
      'a certificate without its key',
      ['probe', '--cert', import.meta.filename],
      '--cert, --key and --ca go together',
    ],
    ['an authority that is not there', ['probe', '--ca', '/nowhere.pem'], 'ENOENT'],
    ['a dynamic setting without a value', ['dynamic', 'set', 'scheduling.policy'], 'is not name=value'],
    ['a timeout that is none', ['probe', '--timeout-ms', 'soon'], '--timeout-ms'],
  ])('exits with 64 for %s', async (_, args, message) => {
    const { exitCode, stderr } = await runBaton(args);
    expect(exitCode).toBe(64);
    expect(stderr).toContain(message);
  });
});

describe('when the configuration is wrong', () => {
  it.each([
    ['serve', ['serve', '--policy', 'best']],
    ['config', ['config', '--policy', 'best']],
    ['status', ['status', '--set', 'scheduling.policy=best']],
    [
      'register',
      ['register', '--address', '10.0.0.1:80', '--etcd', 'a:1', '--set', 'scheduling.policy=best'],
    ],
  ])('keeps %s from starting, with every problem and 78', async (_, args) => {
    const { exitCode, stdout, stderr } = await runBaton(args, { BATON_DRAIN_GRACE_MS: 'x' });
    expect(exitCode).toBe(78);
    expect(stdout).toBe('');
    expect(stderr).toContain('scheduling.policy: "best" given');
    expect(stderr).toContain('BATON_DRAIN_GRACE_MS: drain.graceMs: "x" given');
  });

  it('prints each problem of a file with its path', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'baton-main-'));
    try {
      const file = join(folder, 'baton.yaml');
      writeFileSync(file, 'pool:\n  endpoints: [10.0.0.1]\n');
      const { exitCode, stderr } = await runBaton(['check', file]);
      expect(exitCode).toBe(78);
      expect(stderr).toContain(`${file}:2:15: pool.endpoints.0: "10.0.0.1" is not an endpoint address`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('when the configuration is asked for', () => {
  it('prints it from the environment and the flags of the process', async () => {
    const { exitCode, stdout } = await runBaton(['config', '--json', '--address', '127.0.0.1:0'], {
      BATON_INSTANCE_ZONE: 'z1',
    });
    expect(exitCode).toBe(0);
    const { config, origins } = JSON.parse(stdout);
    expect(config.instance.zone).toBe('z1');
    expect(config.instance.id).toMatch(/^[\w.-]+-\d+-[0-9a-f]{6}$/);
    expect(origins['server.address']).toBe('--address');
  });
});

describe('when the certificate of the port cannot be used', () => {
  it('exits with 78 and one line that names the file and the reason', async () => {
    const tls = ['server.tls.certFile=/nowhere/tls.pem', 'server.tls.keyFile=/nowhere/tls.key'];
    const { exitCode, stderr } = await runBaton([
      'serve',
      ...['--address', '127.0.0.1:0', '--admin', 'off', '--endpoint', '127.0.0.1:1'],
      ...tls.flatMap((setting) => ['--set', setting]),
    ]);
    expect(exitCode).toBe(78);
    expect(stderr).toBe(
      'baton: server.tls.certFile: cannot read /nowhere/tls.pem: ENOENT; ' +
        'server.tls.keyFile: cannot read /nowhere/tls.key: ENOENT\n',
    );
  });
});

describe('when the file of endpoints cannot be used', () => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-main-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['missing', undefined, /cannot be read: ENOENT/],
    ['broken', 'endpoints:\n  - address: nowhere\n', /cannot be used: endpoints\[0\]/],
  ])('exits with 78 and one line with the reason: %s', async (name, text, why) => {
    const file = join(folder, `${name}.yaml`);
    if (text !== undefined) writeFileSync(file, text);
    const { exitCode, stderr } = await runBaton([
      'serve',
      ...['--address', '127.0.0.1:0', '--admin', 'off', '--set', `pool.file=${file}`],
    ]);
    expect(exitCode).toBe(78);
    expect(stderr).toContain(`baton: file ${file} `);
    expect(stderr).toMatch(why);
    expect(stderr).toMatch(/^[^\n]*\n$/);
  });
});

describe('when an address cannot be listened on', () => {
  const inUse = createServer();
  let address: string;
  beforeAll(async () => {
    inUse.listen(0, '127.0.0.1');
    await once(inUse, 'listening');
    address = `127.0.0.1:${(inUse.address() as AddressInfo).port}`;
  });
  afterAll(() => void inUse.close());

  type Port = [flag: string, words: string, others: string[]];
  const ports: Port[] = [
    ['--address', 'cannot listen on', ['--admin', 'off']],
    ['--admin', 'the admin port cannot listen on', ['--address', '127.0.0.1:0']],
  ];

  function serveOn(address: string, [flag, , others]: Port, wrapper?: readonly string[]) {
    return runBaton(['serve', flag, address, ...others, '--endpoint', '127.0.0.1:1'], {}, wrapper);
  }

  it.each(ports)('exits with 69 and one line for a port of %s that is in use', async (...port) => {
    const { exitCode, stderr } = await serveOn(address, port);
    expect(exitCode).toBe(69);
    expect(stderr).toMatch(new RegExp(`^baton: ${port[1]} ${address}: .*EADDRINUSE.*choose another.*\\n$`));
  });

  it('exits with 69 and one line for a port that is in use, with grpc-js too', async () => {
    const others = ['server.transport=grpc-js', 'gateway.responses=count'].flatMap((one) => ['--set', one]);
    const { exitCode, stderr } = await serveOn(address, ['--address', '', ['--admin', 'off', ...others]]);
    expect(exitCode).toBe(69);
    expect(stderr).toMatch(new RegExp(`^baton: cannot listen on ${address}: .*EADDRINUSE.*\\n$`));
  });

  it.each(ports)('exits with 69 and one line for a host of %s that does not resolve', async (...port) => {
    const { exitCode, stderr } = await serveOn('no-such-host.invalid:9', port);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 69 });
    expect(stderr).toMatch(new RegExp(`^baton: ${port[1]} no-such-host.invalid:9: .*\\n$`));
  });

  it.each(ports)(
    "exits with 69 and one line for an address of %s that is another machine's",
    async (...port) => {
      const { exitCode, stderr } = await serveOn('192.0.2.1:9', port);
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 69 });
      expect(stderr).toMatch(new RegExp(`^baton: ${port[1]} 192.0.2.1:9: .*EADDRNOTAVAIL.*\\n$`));
    },
  );

  // Containers may let everybody bind any port.
  const lowestFreePort = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
  const whereRefused = lowestFreePort > 81 ? it : it.skip;
  whereRefused.each(ports)(
    'exits with 69 and one line for a port of %s without permission',
    async (...port) => {
      const withoutPrivilege = ['setpriv', '--bounding-set=-net_bind_service'];
      const wrapper = process.getuid?.() === 0 ? withoutPrivilege : [];
      const { exitCode, stderr } = await serveOn('127.0.0.1:81', port, wrapper);
      expect(exitCode).toBe(69);
      expect(stderr).toMatch(new RegExp(`^baton: ${port[1]} 127.0.0.1:81: .*EACCES.*higher one.*\\n$`));
    },
  );
});

describe('when the other side cannot be reached', () => {
  it.each(['status', 'rollback', 'release'])('exits with 69 for upgrade %s without etcd', async (command) => {
    const { exitCode, stdout, stderr } = await runBaton([
      ...['upgrade', command, '--etcd', '127.0.0.1:1', '--set', 'etcd.requestTimeoutMs=500'],
    ]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 69, stdout: '' });
    expect(stderr).toMatch(/^baton: etcd http:\/\/127\.0\.0\.1:1 does not answer: .*\n$/);
  });

  it('exits with 69 for dynamic show without etcd', async () => {
    const { exitCode, stderr } = await runBaton(['dynamic', 'show', '--etcd', '127.0.0.1:1']);
    expect(exitCode).toBe(69);
    expect(stderr).toMatch(/^baton: etcd http:\/\/127\.0\.0\.1:1 does not answer: .*\n$/);
  });

  it.each([
    ['etcd', ['--etcd', '127.0.0.1:1', '--set', 'etcd.requestTimeoutMs=500'], 'etcd http://127.0.0.1:1'],
    ['the admin port', ['--admin', '127.0.0.1:1'], 'the admin port 127.0.0.1:1'],
  ])('exits with 69 for status without %s', async (_, flags, source) => {
    const { exitCode, stderr } = await runBaton(['status', ...flags]);
    expect(exitCode).toBe(69);
    expect(stderr).toContain(`baton: no status from ${source}: `);
    expect(stderr).toMatch(/^[^\n]*\n$/);
  });

  it('exits with 2 when nothing listens on the probed address', async () => {
    const { exitCode, stderr } = await runBaton(['probe', '--address', '127.0.0.1:1']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('127.0.0.1:1 does not answer the probe');
  });
});
