import type { Topology } from '../testbed/topology.ts';
import { until } from '../testbed/until.ts';

/** A pod that came and went during a rehearsal, while no list of pods was edited. */
export interface PodVisit {
  readonly pod: string;
  /** Requests that it served. */
  readonly served: number;
}

const waitMs = 60_000;

/**
 * One more pod starts and registers, takes traffic, ends its registration, finishes its requests
 * and stops.
 *
 * @param pause called while it takes traffic, and when it has left
 * @throws Error when it gets no request, or requests go on after it has left
 */
export async function visitOfPod(
  topology: Topology,
  onStatus: (status: string) => void,
  pause: () => Promise<void>,
): Promise<PodVisit> {
  onStatus('one more pod starts and registers');
  const pod = await topology.addPod();
  const registrar = topology.registrars.get(pod.address);
  if (registrar === undefined) throw new Error('the rehearsal has pods that do not register');
  onStatus(`${pod.id} is registered; Envoy gets it from Baton`);
  const isUsed = async () => (await pod.state()).served > 0;
  await until(isUsed, { what: `${pod.id} to serve a request`, timeoutMs: waitMs });
  onStatus(`${pod.id} takes traffic`);
  await pause();
  onStatus(`${pod.id} ends its registration and finishes its requests`);
  await registrar.stop();
  const isIdle = async () => {
    const { running, waiting } = await pod.state();
    return running + waiting === 0;
  };
  await until(isIdle, { what: `${pod.id} to have no request`, timeoutMs: waitMs });
  const { served } = await pod.state();
  await pod.stop();
  onStatus(`${pod.id} has left`);
  await pause();
  return { pod: pod.id, served };
}
