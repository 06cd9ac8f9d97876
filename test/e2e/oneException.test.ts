import { join } from 'node:path';
import { httpGet } from '../../tools/testbed/httpGet.ts';
import { allCountsReturnToZero } from '../support/counts.ts';
import { waitForDecisions } from '../support/envoyWindows.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { logLines } from '../support/logLines.ts';
import { sendHttp } from '../support/sendHttp.ts';
import { serverKinds, serverSettings } from '../support/serverKinds.ts';
import { useTopology } from '../support/topology.ts';

/** A request whose decision throws, through a real Envoy with two instances. */
checkForLeaks();

const throwingBaton = join(import.meta.dirname, '..', 'support', 'throwingBaton.ts');
const command = [process.execPath, throwingBaton, 'serve', '--config', '{config}'];

const cases = serverKinds.flatMap((transport) => [
  { transport, envoyConfig: 'envoy.yaml', status: 200 },
  { transport, envoyConfig: 'fail-closed.yaml', status: 503 },
]);

describe.each(cases)(
  'a policy that throws ($transport, $envoyConfig)',
  ({ transport, envoyConfig, status }) => {
    const topology = useTopology({
      instances: 2,
      pods: 2,
      envoyConfig,
      amendEnvoy: waitForDecisions,
      baton: serverSettings(transport),
      release: { release: '1.0.0', generation: 1, command },
    });

    it(`answers that request with ${status}, asks one instance, and ends no process`, async () => {
      const { chatUrl, instances } = topology();
      const body = { messages: [], max_tokens: 1 };
      const send = (headers = {}) => sendHttp(chatUrl, { headers, body });
      const pids = instances.map(({ process }) => process.pid);
      for (let nth = 0; nth < 5; nth += 1) {
        expect((await send({ 'routing-strategy': 'random' })).status).toBe(status);
        expect((await send()).status).toBe(200);
      }
      const metrics = await Promise.all(instances.map(({ adminUrl }) => httpGet(`${adminUrl}/metrics`)));
      const total = (name: RegExp) =>
        metrics.reduce((sum, { body: text }) => sum + Number(name.exec(text)?.groups?.count), 0);
      const thrown = total(/baton_unexpected_errors_total\{where="call"\} (?<count>\d+)/);
      const refused = total(/baton_messages_refused_total (?<count>\d+)/);
      // After the third time in a row an instance reads it no more.
      expect([thrown + refused, thrown >= 3]).toEqual([5, true]);
      const [line] = instances.flatMap((instance) => logLines(instance, 'error.unexpected'));
      expect(line).toMatchObject({
        where: 'call',
        cause: { stack: expect.stringContaining('a bug in the') },
      });
      expect(instances.map(({ process }) => process.pid)).toEqual(pids);
      await allCountsReturnToZero(topology());
    });
  },
);
