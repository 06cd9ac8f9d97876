import { isHostName } from '../hostPort.ts';

/** `_vllm._tcp.models.svc.cluster.local`: DNS has the hosts and their ports, so it has no port. */
const serviceAndProtocol = /^_[^.]+\._(tcp|udp)\./i;

export function isSrvName(text: string): boolean {
  return serviceAndProtocol.test(text) && isHostName(text);
}
