import { connect } from 'node:net';
import type { Baton } from '../../tools/testbed/baton.ts';
import type { Pod } from '../../tools/testbed/pod.ts';
import { allCountsReturnToZero } from '../support/counts.ts';
import {
  namedHeader,
  servedHeader,
  showPick,
  subsetHeader,
  takeSubsetFromHeader,
  waitForDecisions,
} from '../support/envoyWindows.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { setFault } from '../support/podFault.ts';
import { sendHttp } from '../support/sendHttp.ts';
import { serverKinds, serverSettings } from '../support/serverKinds.ts';
import { useTopology } from '../support/topology.ts';

/** Which pod serves a request through Envoy, and what the client gets when none may. */
checkForLeaks();

const destinationHeader = 'x-gateway-destination-endpoint';

describe.each(serverKinds)('with one instance, three pods and no etcd (%s)', (transport) => {
  const topology = useTopology({
    instances: 1,
    etcd: false,
    baton: {
      ...serverSettings(transport),
      pool: { probe: { intervalMs: 200, timeoutMs: 5_000, panicPercent: 0 } },
      scheduling: { destinationHeaders: ['target-pod'], retryAfterSeconds: 7 },
    },
    amendEnvoy: (bootstrap) => {
      showPick(bootstrap);
      takeSubsetFromHeader(bootstrap);
      waitForDecisions(bootstrap);
    },
  });

  /** Sends a request; returns what the client got and the headers that the pod received. */
  async function send(headers: Record<string, string> = {}) {
    const {
      status,
      headers: answered,
      text,
    } = await sendHttp(`${topology().envoy.url}/podsim/headers`, { headers });
    const named = String(answered[namedHeader] ?? '').split(',');
    const servedBy = topology().pods.find(({ id }) => id === answered['x-podsim-id'])?.address;
    return { status, answered, named, servedBy, body: JSON.parse(text) };
  }

  const podAddresses = () => topology().pods.map(({ address }) => address);

  it('sends the request to the endpoint that Baton named first, with the header', async () => {
    for (let nth = 0; nth < 10; nth++) {
      const { status, answered, named, servedBy, body } = await send();
      expect(status).toBe(200);
      expect([...named].sort()).toEqual([...podAddresses()].sort());
      expect(servedBy).toBe(named[0]);
      expect(answered[servedHeader]).toBe(named[0]);
      expect(body).toMatchObject({ [destinationHeader]: named.join(','), 'target-pod': named[0] });
    }
  });

  it("ignores a client's own destination header", async () => {
    const [spoofed] = podAddresses() as [string];
    const served = new Set<string | undefined>();
    for (let nth = 0; nth < 6; nth++) {
      const { named, servedBy, body } = await send({
        [destinationHeader]: spoofed,
        'target-pod': spoofed,
        'routing-strategy': 'round-robin',
      });
      expect(servedBy).toBe(named[0]);
      expect(body).toMatchObject({ [destinationHeader]: named.join(','), 'target-pod': named[0] });
      served.add(servedBy);
    }
    expect(served.size).toBe(3);
  });

  it.each(['random', 'round-robin', 'least-request', 'power-of-two'])(
    'takes the policy %s from a request',
    async (policy) => {
      const { status, named, servedBy } = await send({ 'routing-strategy': policy });
      expect(status).toBe(200);
      expect(servedBy).toBe(named[0]);
    },
  );

  it('applies round-robin to requests that name it', async () => {
    const served: (string | undefined)[] = [];
    for (let nth = 0; nth < 6; nth++)
      served.push((await send({ 'routing-strategy': 'round-robin' })).servedBy);
    expect(new Set(served.slice(0, 3)).size).toBe(3);
    expect(served.slice(3)).toEqual(served.slice(0, 3));
  });

  it('lists the known policies to a client that names an unknown one', async () => {
    const { status, answered, servedBy, body } = await send({ 'routing-strategy': 'fastest' });
    expect(status).toBe(400);
    expect(servedBy).toBeUndefined();
    expect(answered['content-type']).toBe('application/json');
    expect(body).toEqual({
      error: {
        message:
          'Unknown routing-strategy "fastest"; known are random, round-robin, least-request, power-of-two, ' +
          'session-affinity, lora-affinity, prefix, auto. ' +
          'With scheduling.unknownPolicy: default, unknown names use the default policy.',
        type: 'invalid_request_error',
        param: null,
        code: 'unknown_routing_strategy',
      },
    });
  });

  it('takes the name of a policy in any case, and an empty one for none', async () => {
    for (const name of ['Random', 'ROUND-ROBIN', '', ' ']) {
      expect((await send({ 'routing-strategy': name })).status).toBe(200);
    }
  });

  it('keeps to a subset of bare IPs, in spaces and with empty entries', async () => {
    const { status, named } = await send({ [subsetHeader]: ' 127.0.0.1 ,,10.9.9.9' });
    expect(status).toBe(200);
    expect([...named].sort()).toEqual([...podAddresses()].sort());
  });

  it('keeps to the subset that a filter names', async () => {
    const [first, , third] = podAddresses() as [string, string, string];
    for (let nth = 0; nth < 6; nth++) {
      const { named, servedBy, body } = await send({ [subsetHeader]: `${third},${first}` });
      expect([...named].sort()).toEqual([first, third].sort());
      expect(servedBy).toBe(named[0]);
      expect(body).not.toHaveProperty(subsetHeader);
    }
  });

  it('answers 503 with retry-after when the subset matches nothing', async () => {
    const { status, answered, servedBy, body } = await send({ [subsetHeader]: '10.9.9.9:80' });
    expect(status).toBe(503);
    expect(servedBy).toBeUndefined();
    expect(answered).toMatchObject({ 'content-type': 'application/json', 'retry-after': '7' });
    expect(body).toMatchObject({ error: { type: 'service_unavailable', param: null, code: 'subset_empty' } });
  });

  describe('when no pod is healthy', () => {
    const readyPods = async () => {
      const state = await topology().instances[0]?.state();
      return state?.pool.filter(({ ready }) => ready).length;
    };

    afterEach(async () => {
      for (const pod of topology().pods) await setFault(pod, { kind: 'none' });
      await eventually(async () => (await readyPods()) === 3, { timeoutMs: 30_000 });
    });

    it('answers 503 with retry-after, and serves again as soon as one is', async () => {
      for (const pod of topology().pods) await setFault(pod, { kind: 'unhealthy' });
      await eventually(async () => (await readyPods()) === 0, { timeoutMs: 30_000 });
      const { status, answered, servedBy, body } = await send();
      expect(status).toBe(503);
      expect(servedBy).toBeUndefined();
      expect(answered).toMatchObject({ 'content-type': 'application/json', 'retry-after': '7' });
      expect(body).toMatchObject({
        error: { type: 'service_unavailable', param: null, code: 'no_ready_endpoint' },
      });

      const [, second] = topology().pods as [Pod, Pod];
      await setFault(second, { kind: 'none' });
      await eventually(async () => (await readyPods()) === 1, { timeoutMs: 30_000 });
      expect(await send()).toMatchObject({ status: 200, servedBy: second.address });
    });
  });

  it('lives through bytes on its gRPC port that are no gRPC, and serves on', async () => {
    const [{ address, process }] = topology().instances as [Baton];
    const garbage = [
      'GET / HTTP/1.1\r\nhost: x\r\n\r\n',
      `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${'\xff'.repeat(4096)}`,
      '\0'.repeat(4096),
    ];
    for (const bytes of garbage) await sendBytes(address, Buffer.from(bytes, 'latin1'));
    expect(process.running).toBe(true);
    expect(await send()).toMatchObject({ status: 200, named: expect.arrayContaining(podAddresses()) });
  });

  it('has nothing in flight after all this', () => allCountsReturnToZero(topology()));
});

/** Answers once the other side has closed. */
function sendBytes(address: string, bytes: Buffer): Promise<void> {
  const [host, port] = address.split(':') as [string, string];
  return new Promise((resolve) => {
    const stranger = connect(Number(port), host, () => stranger.end(bytes));
    stranger.resume();
    stranger.on('error', () => {});
    stranger.on('close', () => resolve());
  });
}
