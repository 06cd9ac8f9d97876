import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { externalProcessorService } from '../../src/proto/services.ts';
import { Baton } from '../../tools/testbed/baton.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { residentMiB } from '../../tools/testbed/processFigures.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';

/** Uploads that arrive all at once, and those that are aborted: what an instance keeps of them. */
checkForLeaks();

/** The full size of the requirement: UPLOAD_KB=20000 ABORTED=10000. */
const uploadBytes = Number(process.env.UPLOAD_KB ?? 250) * 1000;
const aborted = Number(process.env.ABORTED ?? 2000);
const concurrent = 1000;
/** For the state of a thousand exchanges, their windows and what V8 has not collected yet. */
const allowedMiB = 96;

const { path, requestSerialize, responseDeserialize } = externalProcessorService.Process;

const headers = requestSerialize({
  request_headers: {
    headers: {
      headers: Object.entries({
        ':method': 'POST',
        ':path': '/v1/chat/completions',
        'content-type': 'application/json',
      }).map(([key, value]) => ({ key, raw_value: Buffer.from(value) })),
    },
  },
});
/** The message of a body, without the filling in its middle. */
const [head, tail] = (() => {
  const mark = 'FILLING';
  const text = `{"messages":[{"content":"${mark}${'x'.repeat(uploadBytes - 100)}"}],"model":"b"}`;
  const whole = requestSerialize({ request_body: { body: Buffer.from(text), end_of_stream: true } });
  const at = whole.indexOf(mark) + mark.length;
  const fillingEnd = whole.lastIndexOf('x') + 1;
  return [whole.subarray(0, at), whole.subarray(fillingEnd)];
})();
const filling = uploadBytes - 100;
const chunk = Buffer.alloc(64 * 1024, 'x');

function framed(message: Buffer, bytes = message.length): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(bytes, 1);
  return Buffer.concat([prefix, message]);
}

function open(session: ClientHttp2Session): ClientHttp2Stream {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.on('error', () => {});
  stream.write(framed(headers));
  return stream;
}

async function reply(stream: ClientHttp2Stream) {
  let received = Buffer.alloc(0);
  while (received.length < 5 || received.length < 5 + received.readUInt32BE(1)) {
    const [data] = (await once(stream, 'data')) as [Buffer];
    received = Buffer.concat([received, data]);
  }
  return responseDeserialize(received.subarray(5));
}

async function upload(stream: ClientHttp2Stream): Promise<string | undefined> {
  const write = async (bytes: Buffer): Promise<void> => {
    if (!stream.write(bytes)) await once(stream, 'drain');
  };
  await write(framed(head, head.length + filling + tail.length));
  for (let left = filling; left > 0; left -= chunk.length) {
    await write(left >= chunk.length ? chunk : chunk.subarray(0, left));
  }
  const answered = reply(stream);
  await write(tail);
  const { dynamic_metadata: metadata } = await answered;
  const fields = metadata?.fields?.['envoy.lb']?.structValue?.fields;
  return fields?.['x-gateway-destination-endpoint']?.stringValue;
}

describe('an instance whose requests name their model in the body', () => {
  let baton: Baton;
  let dir: string;
  let session: ClientHttp2Session;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'baton-bodies-'));
    const [port, adminPort] = (await freePorts(2)) as [number, number];
    const settings = {
      pool: {
        endpoints: ['a', 'b'].map((model, nth) => ({ address: `10.0.0.${nth + 1}:80`, models: [model] })),
        probe: { enabled: false },
      },
    };
    baton = new Baton({ name: 'bodies', port, adminPort, dir, settings });
    await baton.launch();
    await baton.waitUntilReady();
    session = connect(`http://${baton.address}`);
    session.on('error', () => {});
  });
  afterAll(async () => {
    session?.close();
    await baton?.process.kill();
    await rm(dir, { recursive: true, force: true });
  });

  const resident = () => residentMiB(baton.process.pid);
  /** Runs it and returns by how much the process grew at most. */
  const growthOf = async (run: () => Promise<void>): Promise<number> => {
    const before = await resident();
    let most = before;
    const timer = setInterval(() => {
      void resident().then((now) => {
        most = Math.max(most, now);
      });
    }, 50);
    try {
      await run();
    } finally {
      clearInterval(timer);
    }
    return most - before;
  };
  const allIsZero = () =>
    eventually(
      async () => {
        const { streams, pool } = await baton.state();
        expect(streams.open).toBe(0);
        expect(pool.map(({ view }) => view)).toEqual([0, 0]);
      },
      { timeoutMs: 20_000 },
    );

  it(`keeps nothing of ${concurrent} bodies of ${uploadBytes} bytes at once`, async () => {
    const growthMiB = await growthOf(async () => {
      const streams = Array.from({ length: concurrent }, () => open(session));
      await Promise.all(streams.map(reply));
      const pods = await Promise.all(streams.map(upload));
      expect(new Set(pods)).toEqual(new Set(['10.0.0.2:80']));
      for (const stream of streams) stream.end();
    });
    await allIsZero();
    expect(growthMiB).toBeLessThan(allowedMiB);
  }, 600_000);

  it(`keeps nothing of ${aborted} uploads that are aborted`, async () => {
    const growthMiB = await growthOf(async () => {
      for (let done = 0; done < aborted; done += concurrent) {
        const streams = Array.from({ length: Math.min(concurrent, aborted - done) }, () => open(session));
        await Promise.all(streams.map(reply));
        for (const stream of streams) stream.write(framed(head, head.length + filling + tail.length));
        for (const stream of streams) stream.close(8);
        await Promise.all(streams.map((stream) => stream.closed || once(stream, 'close')));
      }
    });
    await allIsZero();
    expect(growthMiB).toBeLessThan(allowedMiB);
  }, 600_000);
});
