import { httpGet } from '../../tools/testbed/httpGet.ts';
import { servedPlace, subsetPlace } from '../../tools/testbed/nestedMessage.ts';
import { allCountsReturnToZero } from '../support/counts.ts';
import { addLuaFilter, namedHeader, showPick, waitForDecisions } from '../support/envoyWindows.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { sendHttp } from '../support/sendHttp.ts';
import { serverKinds, serverSettings } from '../support/serverKinds.ts';
import { useTopology } from '../support/topology.ts';

/**
 * A filter of a real Envoy that puts what it gets from a client into metadata, nested thousands of
 * lists deep. Envoy retries what ends an instance on the next one, so each of three must live.
 */
checkForLeaks();

/** Nests the header x-core x-depth times, in the metadata that x-namespace and x-key name. */
const nest = `
  function envoy_on_request(handle)
    local headers = handle:headers()
    local value = headers:get("x-core")
    if value == nil then return end
    for _ = 1, tonumber(headers:get("x-depth")) do value = { value } end
    handle:streamInfo():dynamicMetadata():set(headers:get("x-namespace"), headers:get("x-key"), value)
  end
`;

describe.each(serverKinds)('metadata of lists in lists (%s)', (transport) => {
  const topology = useTopology({
    instances: 3,
    pods: 2,
    baton: serverSettings(transport),
    amendEnvoy: (bootstrap) => {
      waitForDecisions(bootstrap);
      showPick(bootstrap);
      addLuaFilter(bootstrap, nest);
    },
  });

  const depth = 4_000;
  async function send([namespace, key]: readonly [string, string], core: string) {
    const { chatUrl, instances } = topology();
    const pids = instances.map(({ process }) => process.pid);
    const nesting = { 'x-core': core, 'x-depth': String(depth), 'x-namespace': namespace, 'x-key': key };
    const body = { messages: [], max_tokens: 1 };
    const { status, headers, text } = await sendHttp(chatUrl, { headers: nesting, body });
    expect(instances.map(({ process }) => process.running && process.pid)).toEqual(pids);
    return { status, named: headers[namedHeader], text };
  }

  it('limits the request to the pod that is in them', async () => {
    const [first, second] = topology().pods;
    for (const pod of [first, second, first]) {
      const address = pod?.address ?? '';
      expect(await send(subsetPlace, address)).toMatchObject({ status: 200, named: address });
    }
  });

  it('is answered as any subset without a pod is, when no pod is in them', async () => {
    const { status, text } = await send(subsetPlace, 'no pod');
    expect(status).toBe(503);
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'subset_empty' } });
  });

  it.each([[['envoy.lb', 'other'] as const], [servedPlace]])('says nothing in %s', async (place) => {
    expect((await send([...place], '10.0.0.1:8000')).status).toBe(200);
  });

  it('is no error of an instance, and leaves no count', async () => {
    const { instances } = topology();
    for (const { adminUrl } of instances) {
      const { body } = await httpGet(`${adminUrl}/metrics`);
      expect(body.match(/^baton_unexpected_errors_total\{.*\} [1-9]/m)).toBeNull();
    }
    await allCountsReturnToZero(topology());
  });
});
