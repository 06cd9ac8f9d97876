import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Baton, mergeSettings } from '../../tools/testbed/baton.ts';
import type { EnvoyBootstrap } from '../../tools/testbed/envoyAddresses.ts';
import { runBaton } from '../support/batonCommand.ts';
import { allCountsReturnToZero } from '../support/counts.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { sendHttp } from '../support/sendHttp.ts';
import { serverKinds, serverSettings } from '../support/serverKinds.ts';
import { tlsFile } from '../support/tlsFixtures.ts';
import { useTopology } from '../support/topology.ts';

/**
 * Envoy and Baton over TLS with certificates on both sides, as in envoy/tls/scheduler.yaml.
 */
checkForLeaks();

const root = join(import.meta.dirname, '..', '..');
const shipped = await readFile(join(root, 'envoy', 'tls', 'scheduler.yaml'), 'utf8');

/** Applies the shipped lines, with the names and files of the tests. */
function useTls({ static_resources: { clusters } }: EnvoyBootstrap): void {
  const scheduler = clusters.find(({ name }) => name === 'scheduler');
  const lines = shipped
    .replaceAll('baton.example', 'baton.test')
    .replace('/etc/envoy/baton-ca.pem', tlsFile('ca.pem'))
    .replace('/etc/envoy/client.pem', tlsFile('client.pem'))
    .replace('/etc/envoy/client.key', tlsFile('client.key'));
  Object.assign(scheduler ?? {}, parse(lines));
}

const tls = {
  certFile: tlsFile('server.pem'),
  keyFile: tlsFile('server.key'),
  clientCaFile: tlsFile('ca.pem'),
  clientNames: ['baton.test'],
};

describe.each(serverKinds)('when Envoy and Baton (%s) use TLS', (transport) => {
  const topology = useTopology({
    instances: 1,
    etcd: false,
    baton: mergeSettings(serverSettings(transport), { server: { tls } }),
    amendEnvoy: useTls,
  });

  it('Envoy finds it healthy and applies its picks, all of them over TLS', async () => {
    const { envoy, pods, instances } = topology();
    const failed = 'http.ingress.ext_proc.baton.streams_failed';
    const before = await envoy.stat(failed);
    for (let nth = 0; nth < 10; nth++) {
      const { status, headers, text } = await sendHttp(`${envoy.url}/podsim/headers`);
      expect(status).toBe(200);
      // The pod answers with the headers that it received.
      const [named] = String(JSON.parse(text)['x-gateway-destination-endpoint']).split(',');
      expect(pods.find(({ id }) => id === headers['x-podsim-id'])?.address).toBe(named);
    }
    expect(await envoy.stat(failed)).toBe(before);
    expect(await envoy.stat('cluster.scheduler.ssl.handshake')).toBeGreaterThan(0);
    expect(await envoy.stat('cluster.scheduler.health_check.failure')).toBe(0);
    const [{ address }] = instances as [Baton];
    expect(await envoy.hosts('scheduler')).toEqual(new Map([[address, true]]));
    await allCountsReturnToZero(topology());
  });

  it('"baton probe" is answered over TLS with a certificate, and not without', async () => {
    const [{ address }] = topology().instances as [Baton];
    const trust = ['--ca', tls.clientCaFile, '--server-name', 'baton.test'];
    const identity = ['--cert', tlsFile('client.pem'), '--key', tlsFile('client.key')];
    expect(await probe(address, ...trust, ...identity)).toBe(0);
    expect(await probe(address, ...trust)).toBe(2);
    expect(await probe(address)).toBe(2);
  });
});

describe('when Baton signs its certificate itself, and Envoy verifies nothing and offers no protocol', () => {
  const topology = useTopology({
    instances: 1,
    etcd: false,
    baton: { server: { tls: { selfSigned: true, alpn: 'optional' } } },
    amendEnvoy: ({ static_resources: { clusters } }) => {
      const scheduler = clusters.find(({ name }) => name === 'scheduler');
      const type = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext';
      const context = { '@type': type, common_tls_context: { validation_context: {} } };
      const socket = { name: 'envoy.transport_sockets.tls', typed_config: context };
      Object.assign(scheduler ?? {}, { transport_socket: socket });
    },
  });

  it('Envoy finds it healthy and applies its picks, all of them over TLS', async () => {
    const { envoy, pods, instances } = topology();
    for (let nth = 0; nth < 10; nth++) {
      const { status, headers, text } = await sendHttp(`${envoy.url}/podsim/headers`);
      expect(status).toBe(200);
      const [named] = String(JSON.parse(text)['x-gateway-destination-endpoint']).split(',');
      expect(pods.find(({ id }) => id === headers['x-podsim-id'])?.address).toBe(named);
    }
    expect(await envoy.stat('cluster.scheduler.ssl.handshake')).toBeGreaterThan(0);
    const [{ address }] = instances as [Baton];
    expect(await envoy.hosts('scheduler')).toEqual(new Map([[address, true]]));
    await allCountsReturnToZero(topology());
  });
});

/** Returns the exit code. */
async function probe(address: string, ...args: string[]): Promise<number> {
  return (await runBaton(['probe', '--address', address, '--timeout-ms', '10000', ...args])).exitCode;
}
