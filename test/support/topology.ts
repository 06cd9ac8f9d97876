import { startTopology, type Topology, type TopologyOptions } from '../../src/rehearsal/topology.ts';
import { envoyBin, etcdBin } from './tools.ts';

/**
 * The whole topology for one `describe`: started before its tests, ended after them. Answers a function,
 * because there is none before the first test.
 */
export function useTopology(options: Omit<TopologyOptions, 'tools'> = {}): () => Topology {
  let topology: Topology | undefined;
  beforeAll(async () => {
    topology = await startTopology({ ...options, tools: { envoy: envoyBin(), etcd: etcdBin() } });
  });
  afterAll(async () => {
    await topology?.stop();
  });
  return () => {
    if (!topology) throw new Error('the topology is there in tests and hooks only');
    return topology;
  };
}
