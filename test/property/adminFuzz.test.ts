import { connect } from 'node:net';
import fc from 'fast-check';
import { type Admin, startAdmin } from '../../src/admin/server.ts';
import { fuzzEffort } from '../support/fuzzEffort.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { sendHttp } from '../support/sendHttp.ts';
import { quietSources } from '../unit/admin/sampleState.ts';

/**
 * Requests to the admin port that are nearly right, as bytes on real sockets: each is answered or
 * its connection is closed, none is answered with an error of the server, and the port stays open.
 */
const { runs, timeoutMs } = fuzzEffort(50, 1);

let admin: Admin;
beforeAll(async () => {
  admin = await startAdmin({ ...quietSources, address: '127.0.0.1:0', allowedHosts: [] });
});
// Before the check for leaks, in the order in which they are written.
afterAll(() => admin.stop());
checkForLeaks();

const odd = fc.oneof(
  fc.constantFrom(
    '',
    '%',
    '%00',
    '%2e%2e/',
    '%ff',
    '..',
    '//',
    '?',
    '#',
    ';',
    '\\',
    '\u0000',
    '\r\n',
    ' ',
    '\t',
  ),
  fc.constantFrom('__proto__', 'constructor', '[]', '[a]=1', '*', 'é', '\u{1f600}', 'a'.repeat(20_000)),
  fc.string({ maxLength: 8 }),
);
const method = fc.oneof(
  fc.constantFrom(
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'DELETE',
    'OPTIONS',
    'TRACE',
    'CONNECT',
    'PATCH',
    'get',
    'PRI',
    'QUERY',
  ),
  odd,
);
const route = fc.constantFrom(
  '/readyz',
  '/livez',
  '/state',
  '/metrics',
  '/events',
  '/decisions',
  '/explain',
  '/dashboard/feed',
  '/dashboard/',
  '/',
  '*',
);
const path = fc.tuple(route, fc.array(odd, { maxLength: 2 })).map(([start, rest]) => start + rest.join(''));
const parameter = fc
  .tuple(
    fc.oneof(fc.constantFrom('header', 'subset', 'x'), odd),
    fc.oneof(fc.constantFrom('x-a:b', ':', 'a:', ':b'), odd),
  )
  .map(([name, value]) => `${name}=${value}`);
const query = fc
  .array(parameter, { maxLength: 4 })
  .map((all) => (all.length === 0 ? '' : `?${all.join('&')}`));
const version = fc.oneof(
  { weight: 6, arbitrary: fc.constant('HTTP/1.1') },
  fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'HTTP/9', ''),
);
const headerLine = fc
  .tuple(
    fc.oneof(
      fc.constantFrom(
        'host',
        'Host',
        'content-length',
        'transfer-encoding',
        'expect',
        'upgrade',
        'connection',
        'accept',
      ),
      odd,
    ),
    fc.oneof(
      fc.constantFrom(
        'localhost',
        '127.0.0.1',
        'evil.example',
        '5',
        '-1',
        '1e9',
        'chunked',
        '100-continue',
        'close',
        'h2c',
      ),
      odd,
    ),
  )
  .map(([name, value]) => `${name}: ${value}`);
const request = fc
  .record({
    method: fc.oneof({ weight: 3, arbitrary: fc.constant('GET') }, method),
    path,
    query,
    version,
    host: fc.oneof({ weight: 4, arbitrary: fc.constant(['host: localhost']) }, fc.constant([])),
    headers: fc.array(headerLine, { maxLength: 4 }),
    body: fc.oneof(fc.constant(''), odd),
  })
  .map((parts) => {
    const head = [
      `${parts.method} ${parts.path}${parts.query} ${parts.version}`,
      ...parts.host,
      ...parts.headers,
    ];
    return `${head.join('\r\n')}\r\n\r\n${parts.body}`;
  });

/** All that comes back until the connection is closed. */
function answerTo(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(admin.address.split(':').at(-1)), '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    // A refused request may be reset while it is sent.
    socket.on('error', () => {});
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
    socket.end(bytes);
  });
}

it(
  'whatever is asked, the admin port answers with no error of its own, and goes on',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 3 }), async (requests) => {
        const answer = await answerTo(requests.join(''));
        const statuses = [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
        expect(answer === '' || statuses.length > 0).toBe(true);
        expect(statuses.filter((status) => status >= 500 && status !== 501 && status !== 505)).toEqual([]);
      }),
      runs,
    );
    expect((await sendHttp(`http://${admin.address}/readyz`)).status).toBe(200);
  },
  timeoutMs,
);
