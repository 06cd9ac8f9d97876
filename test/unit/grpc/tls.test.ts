import { once } from 'node:events';
import { mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { connect as tcpConnect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';
import { credentials, status } from '@grpc/grpc-js';
import { preface } from '../../../src/grpc/http2/protocol.ts';
import { CertificateFiles } from '../../../src/grpc/tls/certificateFiles.ts';
import { ExternalProcessor, Health } from '../../../src/proto/clients.ts';
import type { Log } from '../../../src/telemetry/log.ts';
import { until } from '../../../tools/testbed/until.ts';
import { EchoTransport } from '../../support/echoTransport.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { RawClient, settingsFrame } from '../../support/rawHttp2.ts';
import { tlsBytes, tlsFile } from '../../support/tlsFixtures.ts';

checkForLeaks();

/** Each line's message and reason, as they were logged. */
let logged: string[];
const log: Log = {
  debug() {},
  error() {},
  info: (_fields, message) => void logged.push(message),
  warn: (fields, message) => void logged.push(`${message}: ${(fields as { reason: string }).reason}`),
};
let folder: string;
let echo: EchoTransport;

beforeEach(async () => {
  logged = [];
  folder = await mkdtemp(join(tmpdir(), 'baton-tls-'));
});
afterEach(async () => {
  await echo.transport.close(200);
  await rm(folder, { recursive: true });
});

/** How an alert of TLS begins. */
const alertType = '\x15';

const inFolder = (name: string): string => join(folder, name);

/** The file at once, as whoever renews certificates with care replaces it. */
async function put(name: string, bytes: Uint8Array): Promise<void> {
  await writeFile(inFolder('new'), bytes);
  await rename(inFolder('new'), inFolder(name));
}

async function renew(name: string): Promise<void> {
  await put('tls.pem', tlsBytes(`${name}.pem`));
  await put('tls.key', tlsBytes(`${name}.key`));
}
const ca = tlsBytes('ca.pem');
/** The server's certificate names it. */
const trusting = { ca, servername: 'baton.test' };
const asNamed = { 'grpc.ssl_target_name_override': 'baton.test' };

describe.each(['builtin', 'grpc-js'] as const)('over %s', (kind) => {
  /** Serves with copies of the files in a folder of its own. */
  async function serve(clientCa?: string): Promise<void> {
    await renew('server');
    const files = {
      certFile: inFolder('tls.pem'),
      keyFile: inFolder('tls.key'),
      ...(clientCa !== undefined && { clientCaFile: tlsFile(clientCa) }),
    };
    const certificateFiles = new CertificateFiles(files, { pollMs: 20, log });
    echo = await new EchoTransport({ kind, certificateFiles }).listen();
  }

  /** What a health check answers to a client that trusts `ca`, or the status code that it fails with. */
  function check(cert?: string): Promise<string> {
    const identity = cert === undefined ? [] : [tlsBytes(`${cert}.key`), tlsBytes(`${cert}.pem`)];
    const client = new Health(echo.address, credentials.createSsl(ca, ...identity), asNamed);
    return new Promise((resolve) => {
      client.check({ service: '' }, { deadline: Date.now() + 5_000 }, (problem, answer) => {
        client.close();
        resolve(problem ? `${status[problem.code]}` : String(answer?.status));
      });
    });
  }

  /** Connects, sends, and answers what came before the server closed, and whether that was an error. */
  function leftTo(options: ConnectionOptions | 'plain', bytes: Buffer = Buffer.alloc(0)) {
    const [host, port] = echo.address.split(':') as [string, string];
    const to = { host, port: Number(port) };
    const socket = options === 'plain' ? tcpConnect(to) : tlsConnect({ ...to, ...trusting, ...options });
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.write(bytes);
    return new Promise<{ text: string; isError: boolean }>((resolve) => {
      socket.on('close', (isError) => resolve({ text, isError }));
    });
  }

  const servedName = (): Promise<string> => {
    const [host, port] = echo.address.split(':') as [string, string];
    return new Promise((resolve, reject) => {
      const socket = tlsConnect({ host, port: Number(port), ...trusting, ALPNProtocols: ['h2'] }, () => {
        resolve(socket.getPeerCertificate().subject.CN as string);
        socket.destroy();
      });
      socket.on('error', reject);
    });
  };

  describe('with a certificate', () => {
    beforeEach(() => serve());

    it('a client that trusts it is served: ext_proc and health', async () => {
      const client = new ExternalProcessor(echo.address, credentials.createSsl(ca), asNamed);
      const stream = client.process();
      const statusOf = once(stream, 'status');
      stream.write({ request_headers: {} });
      const [answer] = await once(stream, 'data');
      expect(answer).toBeDefined();
      stream.end();
      stream.resume();
      expect(await statusOf).toMatchObject([{ code: status.OK }]);
      client.close();
      expect(await check()).toBe('SERVING');
    });

    it('a message larger than many TLS records comes whole, both ways', async () => {
      const client = new ExternalProcessor(echo.address, credentials.createSsl(ca), asNamed);
      const stream = client.process();
      const body = Buffer.alloc(500_000, 'x');
      const statusOf = once(stream, 'status');
      stream.on('data', () => stream.end());
      stream.write({ request_body: { body } });
      expect(await statusOf).toMatchObject([{ code: status.OK }]);
      expect(echo.told[0]).toMatch(/^message 5000\d\d$/);
      client.close();
    });

    it('a client in plain text is closed, and the others go on', async () => {
      const { text } = await leftTo('plain', Buffer.concat([preface, settingsFrame()]));
      expect(['', alertType]).toContain(text.slice(0, 1));
      expect(await check()).toBe('SERVING');
    });

    it('a client that offers no HTTP/2 by ALPN is closed, and the others go on', async () => {
      expect(await leftTo({ ALPNProtocols: ['http/1.1'] })).toEqual({ text: '', isError: true });
      // RFC 9113 leaves open how: Node's server explains itself to those who may speak HTTP/1.
      const { text, isError } = await leftTo({});
      expect(text).toMatch(kind === 'builtin' ? /^$/ : /^HTTP\/1\.. 403/);
      expect(isError).toBe(false);
      expect(await check()).toBe('SERVING');
    });

    it('a client that says nothing does not keep the port from closing', async () => {
      const [host, port] = echo.address.split(':') as [string, string];
      const silent = tcpConnect(Number(port), host);
      await once(silent, 'connect');
      await echo.transport.close(50);
      silent.destroy();
    });
  });

  describe('when clients are asked for a certificate', () => {
    beforeEach(() => serve('ca.pem'));

    it('one of the authority is let in, others are not', async () => {
      expect(await check('client')).toBe('SERVING');
      expect(await check()).toBe('UNAVAILABLE');
      expect(await check('stranger')).toBe('UNAVAILABLE');
      expect(await check('client')).toBe('SERVING');
    });
  });

  describe('when the files change', () => {
    beforeEach(() => serve());

    it('new connections get the new certificate, and those that are open go on', async () => {
      const client = new ExternalProcessor(echo.address, credentials.createSsl(ca), asNamed);
      const stream = client.process();
      stream.write({ request_headers: {} });
      await once(stream, 'data');
      expect(await servedName()).toBe('baton test server');
      await renew('renewed');
      await until(async () => (await servedName()) === 'baton test renewed', { what: 'the new one' });
      stream.write({ request_headers: {} });
      await once(stream, 'data');
      stream.cancel();
      stream.on('error', () => {});
      client.close();
      expect(await check()).toBe('SERVING');
    });

    it('a swapped symlink is a change', async () => {
      for (const name of ['tls.pem', 'tls.key']) {
        await unlink(inFolder(name));
        await symlink(tlsFile(name.replace('tls', 'renewed')), inFolder(name));
      }
      await until(async () => (await servedName()) === 'baton test renewed', { what: 'the new one' });
    });

    it.each<[string, () => Promise<void>, RegExp]>([
      [
        'half of one',
        () => put('tls.pem', tlsBytes('renewed.pem').subarray(0, 300)),
        /tls\.pem cannot be used/,
      ],
      ['one without its key', () => put('tls.pem', tlsBytes('renewed.pem')), /is not the key of/],
      ['none', () => unlink(inFolder('tls.key')), /cannot read .*tls\.key: ENOENT/],
    ])(
      '%s is not taken, and the log says so once, until there is a whole one',
      async (_what, spoil, reason) => {
        await spoil();
        const warnings = () => logged.filter((line) => line.includes('the last good certificate is kept'));
        await until(() => warnings().length === 1, { what: 'the warning' });
        expect(warnings()[0]).toMatch(reason);
        expect(await servedName()).toBe('baton test server');
        await renew('renewed');
        await until(async () => (await servedName()) === 'baton test renewed', { what: 'the new one' });
        expect(warnings()).toEqual([...new Set(warnings())]);
      },
    );
  });
});

describe('files that cannot be used', () => {
  it.each<[string, Partial<Record<'certFile' | 'keyFile' | 'clientCaFile', string>>, RegExp]>([
    [
      'a missing certificate',
      { certFile: '/nowhere.pem' },
      /^server\.tls\.certFile: cannot read \/nowhere\.pem: ENOENT$/,
    ],
    [
      'a missing key',
      { keyFile: '/nowhere.key' },
      /^server\.tls\.keyFile: cannot read \/nowhere\.key: ENOENT$/,
    ],
    ['a folder', { keyFile: tmpdir() }, /^server\.tls\.keyFile: cannot read .*: EISDIR$/],
    [
      'a key in place of the certificate',
      { certFile: tlsFile('server.key') },
      /^server\.tls\.certFile: .*server\.key cannot be used: /,
    ],
    [
      'a certificate in place of the key',
      { keyFile: tlsFile('server.pem') },
      /^server\.tls\.keyFile: .*server\.pem cannot be used: /,
    ],
    [
      'the key of another',
      { keyFile: tlsFile('client.key') },
      /^server\.tls\.keyFile: .*client\.key is not the key of .*server\.pem$/,
    ],
    [
      'authorities that are none',
      { clientCaFile: tlsFile('make.sh') },
      /^server\.tls\.clientCaFile: .*make\.sh cannot be used: /,
    ],
    [
      'several',
      { keyFile: '/nowhere.key', clientCaFile: '/nowhere.pem' },
      /^server\.tls\.keyFile: cannot read .*; server\.tls\.clientCaFile: cannot read .*$/,
    ],
  ])('keep the port closed and say which and why: %s', async (_what, changes, message) => {
    const files = { certFile: tlsFile('server.pem'), keyFile: tlsFile('server.key'), ...changes };
    for (const kind of ['builtin', 'grpc-js'] as const) {
      echo = new EchoTransport({ kind, certificateFiles: new CertificateFiles(files, { log }) });
      await expect(echo.listen()).rejects.toMatchObject({
        name: 'TlsFilesError',
        message: expect.stringMatching(message),
      });
    }
  });
});

describe('the builtin port', () => {
  it('says of clients that it refuses why, though not of each', async () => {
    const files = { certFile: tlsFile('server.pem'), keyFile: tlsFile('server.key') };
    echo = await new EchoTransport({ certificateFiles: new CertificateFiles(files, { log }) }).listen();
    for (let nth = 0; nth < 3; nth++) {
      const stranger = await RawClient.connect(echo.address);
      await stranger.closed();
    }
    const lines = logged.filter((line) => line.startsWith('a client cannot connect'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/: .+/);
  });
});
