import { type ClientHttp2Session, connect, constants } from 'node:http2';
import type { EnvoyBootstrap } from '../../tools/testbed/envoyAddresses.ts';
import { connectionManagerOf, waitForDecisions } from '../support/envoyWindows.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { sendHttp } from '../support/sendHttp.ts';
import { useTopology } from '../support/topology.ts';

/** Clients that begin requests and do not end them, through fail-closed.yaml. */
checkForLeaks();

const connections = 25;
const streamsEach = 100;
/** Of the instance; fewer than the uploads. */
const maxStreams = 1_000;
/** In place of the minute of the shipped file. */
const requestTimeoutMs = 5_000;

describe('with fail-closed.yaml and one instance', () => {
  const topology = useTopology({
    instances: 1,
    pods: 2,
    etcd: false,
    envoyConfig: 'fail-closed.yaml',
    amendEnvoy: (bootstrap: EnvoyBootstrap) => {
      waitForDecisions(bootstrap);
      const manager = connectionManagerOf(bootstrap);
      // A file without it would keep none.
      if (manager.request_timeout !== undefined) manager.request_timeout = `${requestTimeoutMs / 1000}s`;
    },
    baton: { limits: { maxStreams }, pool: { probe: { timeoutMs: 5_000 } } },
  });

  let sessions: ClientHttp2Session[];
  beforeEach(() => {
    sessions = [];
  });
  afterEach(() => {
    for (const session of sessions) session.destroy();
  });

  /** One byte of a body that has more. @returns the statuses that Envoy answered with */
  function beginUploads(): number[] {
    const statuses: number[] = [];
    for (let nth = 0; nth < connections; nth += 1) {
      const session = connect(topology().envoy.url);
      session.on('error', () => {});
      sessions.push(session);
      for (let stream = 0; stream < streamsEach; stream += 1) {
        const upload = session.request({
          [constants.HTTP2_HEADER_METHOD]: 'POST',
          [constants.HTTP2_HEADER_PATH]: '/v1/chat/completions',
          'content-type': 'application/json',
          'content-length': '1000',
        });
        upload.on('error', () => {});
        upload.on('response', (headers) => statuses.push(Number(headers[':status'])));
        upload.resume();
        upload.write('{');
      }
    }
    return statuses;
  }

  const send = () => sendHttp(topology().chatUrl, { body: { messages: [], max_tokens: 1 } });

  it('2,500 uploads of 2,500 bytes hold the places for a request timeout, and no longer', async () => {
    expect(await send()).toMatchObject({ status: 200 });
    const statuses = beginUploads();
    const open = async () => (await topology().instances[0]?.state())?.streams.open;
    await eventually(async () => expect(await open()).toBe(maxStreams), { timeoutMs: 60_000 });
    expect((await send()).status).toBe(503);
    await eventually(async () => expect((await send()).status).toBe(200), {
      timeoutMs: requestTimeoutMs + 60_000,
      everyMs: 100,
    });
    await eventually(() => expect(statuses).toHaveLength(connections * streamsEach), { timeoutMs: 60_000 });
    expect(statuses.filter((status) => status === 408).length).toBeGreaterThanOrEqual(maxStreams / 2);
    await eventually(async () => expect(await open()).toBe(0), { timeoutMs: 60_000 });
  }, 240_000);
});
