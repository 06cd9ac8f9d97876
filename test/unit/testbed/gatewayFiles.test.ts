import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type EnvoyBootstrap, withAddresses } from '../../../tools/testbed/envoyAddresses.ts';
import { gatewayFile, gatewayNames, withReadiness } from '../../../tools/testbed/gatewayFiles.ts';
import { checkoutDir } from '../../../tools/testbed/tools.ts';

const addresses = {
  listenerPort: 20_000,
  adminPort: 20_001,
  schedulers: ['127.0.0.1:20002'],
  pods: ['127.0.0.1:20003'],
};

function bootstrapOf(name: (typeof gatewayNames)[number]): EnvoyBootstrap {
  const text = readFileSync(join(checkoutDir, 'envoy', gatewayFile(name).configuration), 'utf8');
  return JSON.parse(withAddresses(text, addresses, withReadiness));
}

describe('the gateways that can be tried', () => {
  it('are the files in envoy/gateways', () => {
    const files = globSync('envoy/gateways/*.yaml', { cwd: checkoutDir });
    expect(files.map((file) => basename(file, '.yaml')).sort()).toEqual([...gatewayNames].sort());
  });

  it.each(gatewayNames)('%s lists pods where it says so, and probes instances', (name) => {
    const { clusters } = bootstrapOf(name).static_resources;
    const cluster = (wanted: string) => clusters.find((each) => each.name === wanted);
    expect(cluster('model_pods')?.load_assignment !== undefined).toBe(gatewayFile(name).listsPods);
    expect(cluster('scheduler')).toMatchObject({ health_checks: [{ grpc_health_check: {} }] });
  });

  it.each(gatewayNames)('%s has a page or a row that names its file', (name) => {
    expect(readFileSync(join(checkoutDir, 'docs/gateways.md'), 'utf8')).toContain(`gateways/${name}.yaml`);
  });
});
