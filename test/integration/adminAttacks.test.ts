import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { OperatorRequest } from '../../src/admin/operator/operatorRequest.ts';
import { TokenCheck } from '../../src/admin/operator/tokenCheck.ts';
import { type Admin, type AdminSources, startAdmin } from '../../src/admin/server.ts';
import { openLabel, series } from '../../src/telemetry/metric.ts';
import { seriesLines } from '../../src/telemetry/prometheusText.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { sendHttp } from '../support/sendHttp.ts';
import { quietSources, sampleState } from '../unit/admin/sampleState.ts';

/** What a client of the admin port can do to the instance, and to its other clients. */
checkForLeaks();

let admin: Admin;
let sockets: Socket[];
beforeEach(() => {
  sockets = [];
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await admin.stop();
});

async function start(
  sources: Partial<AdminSources> = {},
  allowedHosts: readonly string[] = [],
): Promise<void> {
  admin = await startAdmin({ ...quietSources, ...sources, address: '127.0.0.1:0', allowedHosts });
}

async function open(): Promise<Socket> {
  const socket = connect(Number(admin.address.split(':').at(-1)), '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.once('close', () => resolve());
  });
}

const get = (path: string, headers: Record<string, string> = {}) =>
  sendHttp(`http://${admin.address}${path}`, { headers });

const isServed = async (): Promise<boolean> => (await get('/readyz')).status === 200;

/** As many as the largest pool that is tested. */
const endpoints = 10_000;

const load = series<number>({
  name: 'test_load',
  labels: [openLabel('endpoint', 'addresses')],
  means: 'For this test',
  worry: 'Never.',
  of: (nth) => [nth, `10.0.0.1:${nth}`],
});

/**
 * A state and metrics of that size. `read` counts the endpoints that were read; `mostInATurn` is
 * the largest count of endpoints and lines that one turn of the event loop read.
 */
function largeSources(
  size = endpoints,
): AdminSources & { readonly read: () => number; readonly mostInATurn: () => number } {
  let read = 0;
  let inThisTurn = 0;
  let mostInATurn = 0;
  const count = (): void => {
    if (inThisTurn === 0) {
      setImmediate(() => {
        inThisTurn = 0;
      });
    }
    inThisTurn += 1;
    mostInATurn = Math.max(mostInATurn, inThisTurn);
  };
  const [sample] = sampleState.pool;
  const pool = function* () {
    for (let nth = 0; nth < size; nth += 1) {
      read += 1;
      count();
      yield { ...sample, address: `10.0.0.1:${nth}` } as (typeof sampleState.pool)[0];
    }
  };
  const lines = function* () {
    for (let nth = 0; nth < 3; nth += 1) {
      for (const line of seriesLines(load, Array(size).keys())) {
        count();
        yield line;
      }
    }
  };
  return {
    ...quietSources,
    state: () => ({ ...sampleState, pool: pool() }),
    metricsText: async () => ({ type: 'text/plain', parts: lines() }),
    read: () => read,
    mostInATurn: () => mostInATurn,
  };
}

describe('when a pool has 10,000 endpoints', () => {
  it('ten scrapes and ten readers of the state at a time leave the event loop free', async () => {
    const sources = largeSources();
    await start(sources);
    const paths = Array.from({ length: 20 }, (_, nth) => (nth % 2 === 0 ? '/metrics' : '/state'));
    const answers = await Promise.all(paths.map((path) => get(path)));
    for (const [nth, { status, text }] of answers.entries()) {
      expect(status).toBe(200);
      if (nth % 2 === 0) expect(text.match(/^test_load\{/gm)).toHaveLength(3 * endpoints);
      else expect(JSON.parse(text).pool).toHaveLength(endpoints);
    }
    // A slice ends at 16 KiB, whatever the machine, and each turn makes one slice.
    expect(sources.mostInATurn()).toBeLessThan(endpoints / 10);
  });

  it('a client that does not read its answer is given no more of it, and is closed', async () => {
    const size = 300_000;
    const sources = largeSources(size);
    await start(sources);
    const socket = await open();
    socket.pause();
    socket.write('GET /state HTTP/1.1\r\nhost: localhost\r\n\r\n');
    let before = 0;
    await eventually(
      () => {
        const isStill = sources.read() > 0 && sources.read() === before;
        before = sources.read();
        return isStill;
      },
      { everyMs: 500 },
    );
    // What the buffers of the two sockets hold, out of 40 MB.
    expect(sources.read()).toBeLessThan(size / 2);
    expect(await isServed()).toBe(true);
    // A paused socket notices its end when it writes; empty lines before a request mean nothing.
    const poke = setInterval(() => socket.write('\r\n'), 1_000);
    await closed(socket);
    clearInterval(poke);
    expect(sources.read()).toBe(before);
  }, 60_000);
});

describe('when a web page calls the port by a name of its own', () => {
  it.each([
    'evil.example',
    'evil.example:9090',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'x@localhost',
  ])('is refused as "%s", also where there is nothing', async (host) => {
    await start();
    for (const path of ['/state', '/metrics', '/nothing']) {
      const { status, text } = await get(path, { host });
      expect(status).toBe(421);
      expect(text).toContain('admin.allowedHosts');
      expect(text).not.toContain('baton-2');
    }
  });

  it.each([
    '127.0.0.1',
    '10.1.2.3:9090',
    '[::1]:9090',
    'localhost:9090',
    'LOCALHOST',
    'baton:9090',
    'a.pods.svc.',
  ])('other clients are served: %s', async (host) => {
    await start({}, ['baton', '.pods.svc']);
    expect((await get('/state', { host })).status).toBe(200);
  });
});

describe('when a client does not end its request', () => {
  it.each([
    ['sends nothing', '', ''],
    ['drips its headers', 'GET /state HTTP/1.1\r\nhost: localhost\r\n', 'x: y\r\n'],
    ['announces a body', 'GET /state HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9999\r\n\r\n', 'x'],
    [
      'drips a body in chunks',
      'POST /state HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n',
      '1\r\nx\r\n',
    ],
  ])(
    'its connection ends: it %s',
    async (_what, beginning, drop) => {
      await start();
      const socket = await open();
      socket.resume();
      if (beginning !== '') socket.write(beginning);
      const drip = setInterval(() => drop !== '' && socket.write(drop), 100);
      try {
        await once(socket, 'close');
      } finally {
        clearInterval(drip);
      }
      expect(await isServed()).toBe(true);
    },
    20_000,
  );

  it('a body is refused, and not read', async () => {
    await start();
    const { status, text } = await sendHttp(`http://${admin.address}/state`, { body: { a: 1 } });
    expect([status, text]).toEqual([413, '{"error":"a request to this port has no body"}']);
  });
});

describe('when clients hold many connections', () => {
  it('the oldest idle ones make room, and others are served', async () => {
    await start();
    const idle: Socket[] = [];
    for (let nth = 0; nth < 300; nth += 1) idle.push((await open()).resume());
    await eventually(() => idle.filter(({ destroyed }) => destroyed).length >= 300 - 128);
    expect(await isServed()).toBe(true);
    expect(idle.at(-1)?.destroyed).toBe(false);
  });

  it('sixteen readers of the feed that read nothing keep no one out', async () => {
    const sources = largeSources(2_000);
    await start(sources);
    const request = 'GET /dashboard/feed HTTP/1.1\r\nhost: localhost\r\n\r\n';
    for (let nth = 0; nth < 16; nth += 1) (await open()).pause().write(request);
    await eventually(async () => expect((await get('/dashboard/feed')).status).toBe(503));
    // Their messages wait in the sockets' buffers, and one more in the instance.
    await eventually(() => sources.read() > 3 * 2_000);
    for (let nth = 0; nth < 300; nth += 1) (await open()).resume();
    expect(await isServed()).toBe(true);
    expect((await get('/dashboard/feed')).status).toBe(503);
  });

  it('a request in a connection that waits for an answer closes it', async () => {
    const sources = largeSources();
    await start(sources);
    const socket = await open();
    socket.resume();
    const request = 'GET /state HTTP/1.1\r\nhost: localhost\r\n\r\n';
    socket.write(request.repeat(10_000));
    await closed(socket);
    expect(sources.read()).toBeLessThan(2 * endpoints);
    expect(await isServed()).toBe(true);
  });
});

describe('when a client without the token asks for what an operator may', () => {
  const token = 'a-token-of-an-operator';
  const right = { authorization: `Bearer ${token}` };
  let done: string[];
  let refused: string[];

  beforeEach(async () => {
    done = [];
    refused = [];
    const operator = {
      tokens: new TokenCheck(
        () => token,
        () => performance.now(),
      ),
      settings: () => ({}),
      carryOut: async ({ action, operator }: OperatorRequest) => {
        done.push(`${operator}: ${action.kind}`);
        return 'done';
      },
      onRefused: (_address: string, why: string) => refused.push(why),
    };
    await start({ operator, pools: new Map([['other', { ...quietSources, operator }]]) });
  });

  const post = (headers: Record<string, string>, path = '/operator/drain?operator=ana&reason=a%20try') =>
    sendHttp(`http://${admin.address}${path}`, { method: 'POST', headers });

  it('guesses are refused after five, whatever they are, and others are served', async () => {
    const statuses: number[] = [];
    for (let nth = 0; nth < 20; nth += 1)
      statuses.push((await post({ authorization: `Bearer guess-${nth}` })).status);
    expect(statuses).toEqual([...Array(5).fill(401), ...Array(15).fill(429)]);
    const ofPool = '/pools/other/operator/drain?operator=ana&reason=a%20try';
    for (const path of [undefined, ofPool]) expect((await post(right, path)).status).toBe(429);
    expect(refused).toEqual([...Array(5).fill('wrong'), ...Array(17).fill('too-many')]);
    expect([done, await isServed()]).toEqual([[], true]);
  });

  it.each([
    ['a page of another origin', { ...right, 'sec-fetch-site': 'cross-site' }, 403],
    ['a page of another port', { ...right, 'sec-fetch-site': 'same-site' }, 403],
    ['a name that was rebound', { ...right, host: 'evil.example' }, 421],
    ['the token in the path', {}, 401],
    ['the token in a cookie', { cookie: `token=${token}` }, 401],
    ['the token as a password', { authorization: `Basic ${btoa(`ana:${token}`)}` }, 401],
    ['a longer token', { authorization: `Bearer ${token}${'x'.repeat(8_000)}` }, 401],
  ])('it is not done for %s', async (_what, headers, status) => {
    const path = `/operator/drain?operator=ana&reason=a%20try&token=${token}&authorization=Bearer%20${token}`;
    expect((await post(headers, path)).status).toBe(status);
    expect(done).toEqual([]);
  });

  it('a preflight gets no leave to send the header', async () => {
    const { status, headers } = await get('/operator', { 'access-control-request-headers': 'authorization' });
    expect(status).toBe(401);
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('reading is no way to change something, and a body is not read', async () => {
    expect((await get('/operator/drain?operator=ana&reason=a%20try', right)).status).toBe(404);
    const url = `http://${admin.address}/operator/drain?operator=ana&reason=a%20try`;
    expect((await sendHttp(url, { body: { a: 1 }, headers: right })).status).toBe(413);
    expect(done).toEqual([]);
  });

  it('it is done for the operator alone', async () => {
    expect((await post(right)).status).toBe(200);
    expect(done).toEqual(['ana: drain']);
  });
});
