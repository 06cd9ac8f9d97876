import { freePort, isFree } from './ports.ts';
import { portsSummary } from './portsSummary.ts';
import { makeRunDir, recordProcesses, removeRunDir, runDir, runningProcesses } from './runFolder.ts';
import { findTools } from './tools.ts';
import { startTopology, type TopologyPorts } from './topology.ts';

/** `make up`: the topology on the shipped ports, in the background, until `make down`. */
async function up(): Promise<string[]> {
  const running = await runningProcesses();
  if (running.length > 0) {
    const names = running.map(({ name, pid }) => `${name} (${pid})`).join(', ');
    throw new Error(`already running: ${names}; run "make down" first`);
  }
  const ports = await shippedPorts();
  const tools = findTools(process.env);
  await makeRunDir();
  const topology = await startTopology({ tools, ports, backgroundDir: runDir }).catch(
    async (error: Error) => {
      await removeRunDir();
      throw error;
    },
  );
  await recordProcesses(topology.processes());
  return [...portsSummary(topology), '', `Logs are in ${runDir}; "make down" ends it.`];
}

/**
 * The ports of envoy/envoy.yaml. Only etcd, which that file does not name, may use another port.
 */
async function shippedPorts(): Promise<TopologyPorts> {
  const ports = {
    envoy: 10_000,
    envoyAdmin: 9901,
    etcdClient: (await isFree(2379)) ? 2379 : await freePort(),
    etcdPeer: (await isFree(2380)) ? 2380 : await freePort(),
    instances: [
      { grpc: 9002, admin: 9090 },
      { grpc: 9012, admin: 9091 },
    ],
    pods: [8001, 8002, 8003],
  };
  const fixed = [
    ports.envoy,
    ports.envoyAdmin,
    ...ports.instances.flatMap(({ grpc, admin }) => [grpc, admin]),
    ...ports.pods,
  ];
  const taken: number[] = [];
  for (const port of fixed) if (!(await isFree(port))) taken.push(port);
  if (taken.length > 0) throw new Error(`port already in use on 127.0.0.1: ${taken.join(', ')}`);
  return ports;
}

let exitCode = 0;
try {
  process.stdout.write(`${(await up()).join('\n')}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  exitCode = 1;
}
// Its handles of the background processes would keep this process running.
process.exit(exitCode);
