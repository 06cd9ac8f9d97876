import { checkHealth } from '../../src/proto/healthClient.ts';
import { batonCommandLine } from '../../tools/testbed/batonEntry.ts';
import { ChildProcess } from '../../tools/testbed/childProcess.ts';
import { httpGet } from '../../tools/testbed/httpGet.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { HttpPod } from '../support/httpPod.ts';
import { checkForLeaks } from '../support/leakCheck.ts';

checkForLeaks();

describe('a process with the command line of an endpoint picker', () => {
  it('serves as one: TLS on the port, health and metrics beside it, and flags that it does not know', async () => {
    const [grpc, health, metrics] = (await freePorts(3)) as [number, number, number];
    const pod = await HttpPod.start(() => ({}));
    // As charts start an image: flags and no command. Its pods are Baton's own flag.
    const [command, ...args] = batonCommandLine(
      ...[
        '--grpc-port',
        String(grpc),
        '--grpc-health-port',
        String(health),
        '--metrics-port',
        String(metrics),
      ],
      ...['--pool-group=inference.networking.k8s.io', '--zap-encoder', 'json', '-v', '2', '--enable-pprof'],
      ...['--config-text', 'plugins: [{ type: session-affinity-scorer }, { type: other-scorer }]'],
      ...['--metrics-endpoint-auth', '--made-up', 'x', '--endpoint', pod.address],
    );
    const baton = await ChildProcess.start({ name: 'baton epp', command, args });
    try {
      const isServing = async () => {
        const address = `127.0.0.1:${health}`;
        const result = await checkHealth({ address, service: 'inference-extension', timeoutMs: 1000 });
        return result.kind === 'status' && result.status === 'SERVING';
      };
      await baton.waitUntil('its health', isServing);
      const plain = await checkHealth({ address: `127.0.0.1:${grpc}`, service: '', timeoutMs: 5000 });
      expect(plain.kind).toBe('unreachable');
      const { status, body } = await httpGet(`http://127.0.0.1:${metrics}/metrics`);
      expect(status).toBe(200);
      expect(body).toContain('baton_connections_open');
      const lines = baton.output.text(400).split('\n');
      const fieldsOf = (event: string) => {
        const line = lines.filter((each) => each.includes(`"${event}"`));
        expect(line).toHaveLength(1);
        return JSON.parse(line[0] ?? '');
      };
      expect(fieldsOf('epp.flags-unknown').flags).toEqual(['made-up']);
      expect(fieldsOf('epp.flags-ignored').flags).toEqual(['metrics-endpoint-auth']);
      expect(fieldsOf('epp.plugins-read')).toMatchObject({
        used: 'session-affinity',
        unknown: ['other-scorer'],
      });
      expect(fieldsOf('tls.certificate-made').validTo).toMatch(/^\d{4}-/);
      expect((await baton.stop()).code).toBe(0);
    } finally {
      if (baton.running) await baton.kill();
      await pod.stop();
    }
  }, 60_000);
});
