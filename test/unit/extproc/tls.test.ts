import { once } from 'node:events';
import { mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { connect as tcpConnect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';
import { credentials, status } from '@grpc/grpc-js';
import { CertificateFiles } from '../../../src/extproc/tls/certificateFiles.ts';
import { preface } from '../../../src/grpc/http2/protocol.ts';
import { ExternalProcessor, Health } from '../../../src/proto/clients.ts';
import type { Log } from '../../../src/telemetry/log.ts';
import { settingsFrame } from '../../../tools/testbed/rawHttp2.ts';
import { until } from '../../../tools/testbed/until.ts';
import { EchoServer } from '../../support/echoServer.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { tlsBytes, tlsFile } from '../../support/tlsFixtures.ts';

checkForLeaks();

/** The event and reason of each log line. */
let logged: string[];
interface LogFields {
  readonly event: string;
  readonly reason?: string;
  readonly cause?: Error;
}
const log: Log = {
  debug() {},
  error() {},
  info: (fields) => void logged.push((fields as LogFields).event),
  warn: (fields) => {
    const { event, reason, cause } = fields as LogFields;
    logged.push(`${event}: ${reason ?? cause?.message}`);
  },
};
let folder: string;
let echo: EchoServer;

beforeEach(async () => {
  logged = [];
  folder = await mkdtemp(join(tmpdir(), 'baton-tls-'));
});
afterEach(async () => {
  await echo.server.close(200);
  await rm(folder, { recursive: true });
});

/** The first byte of a TLS alert. */
const alertType = '\x15';

const inFolder = (name: string): string => join(folder, name);

/** Replaces the file atomically. */
async function put(name: string, bytes: Uint8Array): Promise<void> {
  await writeFile(inFolder('new'), bytes);
  await rename(inFolder('new'), inFolder(name));
}

async function renew(name: string): Promise<void> {
  await put('tls.pem', tlsBytes(`${name}.pem`));
  await put('tls.key', tlsBytes(`${name}.key`));
}
const ca = tlsBytes('ca.pem');
/** The name in the server's certificate. */
const trusting = { ca, servername: 'baton.test' };
const asNamed = { 'grpc.ssl_target_name_override': 'baton.test' };

describe.each(['builtin', 'grpc-js'] as const)('over %s', (kind) => {
  /** Serves with copies of the files in a temporary folder. */
  async function serve(clientCa?: string): Promise<void> {
    await renew('server');
    const files = {
      certFile: inFolder('tls.pem'),
      keyFile: inFolder('tls.key'),
      ...(clientCa !== undefined && { clientCaFile: tlsFile(clientCa) }),
    };
    const certificates = new CertificateFiles(files, { pollMs: 20, log });
    echo = await new EchoServer({ kind, certificates }).listen();
  }

  /**
   * The result of a health check by a client that trusts `ca`, or the status code of its failure.
   */
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

  /**
   * Connects, sends, and returns what was received until the close, and whether the close was an
   * error.
   */
  function exchangeWith(options: ConnectionOptions | 'plain', bytes: Buffer = Buffer.alloc(0)) {
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

    it('a client that trusts it gets ext_proc and health', async () => {
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

    it('a message larger than many TLS records passes whole, in both directions', async () => {
      const client = new ExternalProcessor(echo.address, credentials.createSsl(ca), asNamed);
      const stream = client.process();
      const body = Buffer.alloc(500_000, 'x');
      const statusOf = once(stream, 'status');
      stream.on('data', () => stream.end());
      stream.write({ request_body: { body } });
      expect(await statusOf).toMatchObject([{ code: status.OK }]);
      expect(echo.events[0]).toMatch(/^message 5000\d\d$/);
      client.close();
    });

    it('a client in plain text is closed, and the others go on', async () => {
      const { text } = await exchangeWith('plain', Buffer.concat([preface, settingsFrame()]));
      expect(['', alertType]).toContain(text.slice(0, 1));
      expect(await check()).toBe('SERVING');
    });

    it('a client that offers no HTTP/2 by ALPN is closed, and the others go on', async () => {
      expect(await exchangeWith({ ALPNProtocols: ['http/1.1'] })).toEqual({ text: '', isError: true });
      // RFC 9113 leaves open how: Node's HTTP/2 server answers in HTTP/1.1.
      const { text, isError } = await exchangeWith({});
      expect(text).toMatch(kind === 'builtin' ? /^$/ : /^HTTP\/1\.. 403/);
      expect(isError).toBe(false);
      expect(await check()).toBe('SERVING');
    });

    it('a silent client does not keep the server from closing', async () => {
      const [host, port] = echo.address.split(':') as [string, string];
      const silent = tcpConnect(Number(port), host);
      await once(silent, 'connect');
      await echo.server.close(50);
      silent.destroy();
    });
  });

  describe('when client certificates are required', () => {
    beforeEach(() => serve('ca.pem'));

    it('a client with a certificate of the authority is accepted, others are refused', async () => {
      expect(await check('client')).toBe('SERVING');
      expect(await check()).toBe('UNAVAILABLE');
      expect(await check('stranger')).toBe('UNAVAILABLE');
      expect(await check('client')).toBe('SERVING');
    });
  });

  describe('when the files change', () => {
    beforeEach(() => serve());

    it('new connections get the new certificate, and open ones go on', async () => {
      const client = new ExternalProcessor(echo.address, credentials.createSsl(ca), asNamed);
      const stream = client.process();
      stream.write({ request_headers: {} });
      await once(stream, 'data');
      expect(await servedName()).toBe('baton test server');
      await renew('renewed');
      await until(async () => (await servedName()) === 'baton test renewed', { what: 'the new certificate' });
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
      await until(async () => (await servedName()) === 'baton test renewed', { what: 'the new certificate' });
    });

    it.each<[string, () => Promise<void>, RegExp]>([
      [
        'half of one',
        () => put('tls.pem', tlsBytes('renewed.pem').subarray(0, 300)),
        /tls\.pem cannot be used/,
      ],
      ['one without its key', () => put('tls.pem', tlsBytes('renewed.pem')), /is not the key of/],
      ['none', () => unlink(inFolder('tls.key')), /cannot read .*tls\.key: ENOENT/],
    ])('%s is not used and logged once, until the files are valid', async (_what, spoil, reason) => {
      await spoil();
      const warnings = () => logged.filter((line) => line.startsWith('tls.certificate-invalid'));
      await until(() => warnings().length === 1, { what: 'the warning' });
      expect(warnings()[0]).toMatch(reason);
      expect(await servedName()).toBe('baton test server');
      await renew('renewed');
      await until(async () => (await servedName()) === 'baton test renewed', { what: 'the new certificate' });
      expect(warnings()).toEqual([...new Set(warnings())]);
    });
  });
});

describe('invalid files', () => {
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
    [
      'a folder',
      { keyFile: tmpdir() },
      /^server\.tls\.keyFile: cannot read .*: it is a directory; expected a regular file$/,
    ],
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
      'authorities that are not certificates',
      { clientCaFile: tlsFile('make.sh') },
      /^server\.tls\.clientCaFile: .*make\.sh cannot be used: /,
    ],
    [
      'several',
      { keyFile: '/nowhere.key', clientCaFile: '/nowhere.pem' },
      /^server\.tls\.keyFile: cannot read .*; server\.tls\.clientCaFile: cannot read .*$/,
    ],
  ])('keep the server from listening and are named with the reason: %s', async (_what, changes, message) => {
    const files = { certFile: tlsFile('server.pem'), keyFile: tlsFile('server.key'), ...changes };
    for (const kind of ['builtin', 'grpc-js'] as const) {
      echo = new EchoServer({ kind, certificates: new CertificateFiles(files, { log }) });
      await expect(echo.listen()).rejects.toMatchObject({
        code: 'tls-invalid',
        message: expect.stringMatching(message),
      });
    }
  });
});

describe('the builtin server', () => {
  it('logs why handshakes fail, at most once in its interval', async () => {
    const files = { certFile: tlsFile('server.pem'), keyFile: tlsFile('server.key') };
    echo = await new EchoServer({ certificates: new CertificateFiles(files, { log }) }).listen();
    for (let nth = 0; nth < 3; nth++) {
      const [host, port] = echo.address.split(':') as [string, string];
      const client = tlsConnect({ host, port: Number(port), ...trusting, ALPNProtocols: ['http/1.1'] });
      client.on('error', () => {});
      await once(client, 'close').catch(() => {});
    }
    await until(() => logged.some((line) => line.startsWith('tls.handshake-failed')), { what: 'the line' });
    const lines = logged.filter((line) => line.startsWith('tls.handshake-failed'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/: .+/);
  });
});
