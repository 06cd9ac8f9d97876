import { rollingUpgrade } from '../../tools/testbed/rollingUpgrade.ts';
import { StatePoller } from '../../tools/testbed/statePoller.ts';
import { forwardHeader, waitForDecisions } from '../support/envoyWindows.ts';
import { eventually } from '../support/eventually.ts';
import { HttpPod } from '../support/httpPod.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { sendHttp } from '../support/sendHttp.ts';
import { useTopology } from '../support/topology.ts';

/** Which pods sessions are on, however a request names its session, and when they move. */
checkForLeaks();

const podCount = 10;
const sessions = Array.from({ length: 60 }, (_, nth) => `session-${nth}`);
/** So few at once that no pod has more than its bound. */
const clients = 3;

describe('sessions on ten pods', () => {
  const pods: HttpPod[] = [];
  beforeAll(async () => {
    for (let nth = 0; nth < podCount; nth += 1) {
      const pod: HttpPod = await HttpPod.start(() => ({ pod: pod.address }));
      pods.push(pod);
    }
  });
  afterAll(() => Promise.all(pods.map((pod) => pod.stop())));
  const topology = useTopology(async () => ({
    externalPods: pods.map(({ address }) => address),
    baton: {
      scheduling: {
        policy: 'session-affinity',
        explainHeader: true,
        sessionCookie: 'sid',
        sessionBodyFields: ['user', 'metadata.session_id'],
      },
      pool: { probe: { timeoutMs: 5_000 } },
      upgrade: { settleMs: 1200 },
      drain: { noticeMs: 2000, quietMs: 500 },
    },
    amendEnvoy: (bootstrap) => {
      waitForDecisions(bootstrap);
      forwardHeader(bootstrap, 'cookie');
      forwardHeader(bootstrap, 'x-baton-explain');
    },
  }));

  /** The ways in which a request can name its session. */
  const ways: readonly ((session: string) => { headers?: Record<string, string>; body: object })[] = [
    (session) => ({ headers: { 'x-session-id': session }, body: {} }),
    (session) => ({ headers: { cookie: `a=b; sid=${session}` }, body: { user: 'another' } }),
    (session) => ({ body: { messages: ['x'.repeat(2000)], user: session } }),
    (session) => ({ body: { metadata: { session_id: session } } }),
  ];
  let sent = 0;
  const podOf = async (session: string): Promise<string> => {
    const request = (ways[sent++ % ways.length] as (typeof ways)[number])(session);
    const { status, text } = await sendHttp(topology().chatUrl, request);
    expect(status).toBe(200);
    return JSON.parse(text).pod;
  };
  /** The pod of each session, by its name. */
  const placements = async (): Promise<Readonly<Record<string, string>>> => {
    const left = [...sessions];
    const placed: Record<string, string> = {};
    const client = async (): Promise<void> => {
      for (let session = left.pop(); session !== undefined; session = left.pop()) {
        placed[session] = await podOf(session);
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
    return placed;
  };

  it('a session is on one pod, whether a header, the cookie or the body names it', async () => {
    for (const session of sessions.slice(0, 5)) {
      const found = new Set<string>();
      for (let nth = 0; nth < 2 * ways.length; nth += 1) found.add(await podOf(session));
      expect(found.size).toBe(1);
    }
  }, 60_000);

  it('a client that asks why its request went to this pod gets an answer, and others get none', async () => {
    for (const way of ways) {
      const { headers, body } = way('session-1');
      const asked = await sendHttp(topology().chatUrl, {
        body,
        headers: { ...headers, 'x-baton-explain': '1' },
      });
      const { pod } = JSON.parse(asked.text);
      expect(asked.headers['x-baton-explain']).toContain(
        `policy=session-affinity; ready=10; filters=quarantine=10,subset=10,model=10,labels=10,room=10; candidates=10; pick=${pod}; why=`,
      );
      const others = await sendHttp(topology().chatUrl, { body, ...(headers && { headers }) });
      expect(others.headers['x-baton-explain']).toBeUndefined();
    }
  });

  it('none moves when all instances are upgraded, and only those of its own when a pod leaves', async () => {
    const before = await placements();
    const poller = new StatePoller(topology().instances);
    poller.start();
    let isUpgraded = false;
    const upgrade = rollingUpgrade(topology(), { release: '2.0.0', generation: 2 }, poller).finally(() => {
      isUpgraded = true;
    });
    do {
      expect(await placements()).toEqual(before);
    } while (!isUpgraded);
    await upgrade;
    await poller.stop();
    expect(await placements()).toEqual(before);

    const on = (pod: HttpPod) => sessions.filter((session) => before[session] === pod.address);
    // One of ten has no more than a tenth of them; and some, to see them move.
    const gone = pods.find((pod) => on(pod).length > 0 && on(pod).length <= sessions.length / podCount);
    if (gone === undefined) throw new Error('no pod has a tenth of the sessions or less');
    await gone.stop();
    await eventually(
      async () => {
        for (const instance of topology().instances) {
          const { pool } = await instance.state();
          expect(pool.filter(({ ready }) => ready)).toHaveLength(podCount - 1);
        }
      },
      { timeoutMs: 30_000 },
    );
    const after = await placements();
    const moved = sessions.filter((session) => after[session] !== before[session]);
    expect(moved).toEqual(on(gone));
    expect(moved.length).toBeLessThanOrEqual(sessions.length / podCount);
  }, 180_000);
});
