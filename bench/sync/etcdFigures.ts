import { httpGet } from '../../tools/testbed/httpGet.ts';

/** Metrics of etcd; all except the times only grow. */
export interface EtcdFigures {
  readonly atMs: number;
  /** Each write to its log that changes a key is one, whatever number of keys it changes. */
  readonly revisions: number;
  readonly puts: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly cpuSeconds: number;
}

export async function readEtcd(url: string): Promise<EtcdFigures> {
  const { body } = await httpGet(`${url}/metrics`, 20_000);
  const figure = (name: string): number => {
    const found = body.match(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm'))?.[1];
    if (found === undefined) throw new Error(`etcd has no metric ${name}`);
    return Number(found);
  };
  return {
    atMs: performance.now(),
    revisions: figure('etcd_debugging_mvcc_current_revision'),
    puts: figure('etcd_mvcc_put_total'),
    receivedBytes: figure('etcd_network_client_grpc_received_bytes_total'),
    sentBytes: figure('etcd_network_client_grpc_sent_bytes_total'),
    cpuSeconds: figure('process_cpu_seconds_total'),
  };
}
