import { Baton } from '../../tools/testbed/baton.ts';
import { ChildProcess } from '../../tools/testbed/childProcess.ts';
import type { EnvoyBootstrap } from '../../tools/testbed/envoyAddresses.ts';
import { gatewayFile, withReadiness } from '../../tools/testbed/gatewayFiles.ts';
import { freePort } from '../../tools/testbed/ports.ts';
import { partsOf } from '../envoyParts.ts';
import { kit } from '../kit.ts';
import { aloneName, type BenchEnvironment, type Setup, setups } from '../setups.ts';

export const pickerName = 'Go picker';
export const batonName = 'Baton';
/** Every body runs through it; responses are left. */
export const fullDuplexName = 'Baton, full duplex';

/** Pods serve two models, and the body names the one that is wanted. */
export const bodySetups: readonly Setup[] = [
  ...setups.filter(({ name }) => name === aloneName),
  {
    name: pickerName,
    launch: ({ port, pods }) =>
      ChildProcess.start({
        name: 'Go picker',
        command: kit,
        args: ['picker', `127.0.0.1:${port}`, ...pods],
      }),
    amendEnvoy: bufferBodies,
  },
  {
    name: batonName,
    launch: launchBaton,
  },
  {
    name: fullDuplexName,
    launch: launchBaton,
    envoyConfig: gatewayFile('istio').configuration,
    amendEnvoy: withReadiness,
  },
];

async function launchBaton({ port, dir, pods }: BenchEnvironment): Promise<ChildProcess> {
  const endpoints = pods.map((address, nth) => ({
    address,
    models: [nth < pods.length - 1 ? 'a' : 'b'],
  }));
  const settings = { pool: { endpoints } };
  const instance = new Baton({ name: 'bench', port, adminPort: await freePort(), dir, settings });
  await instance.launch();
  return instance.process;
}

/** As pickers ask for bodies: all of them, by configuration. */
function bufferBodies(bootstrap: EnvoyBootstrap): void {
  partsOf(bootstrap).extProc.processing_mode.request_body_mode = 'BUFFERED';
}
