import type { EndpointReport } from '../state.ts';

/** The pods of an instance in numbers, and the worst of them by name. */
export interface PodSummary {
  readonly pods: number;
  readonly ready: number;
  /** Ready, and not left out of decisions. */
  readonly used: number;
  readonly quarantined: number;
  readonly onTrial: number;
  readonly suspected: number;
  /** Requests in flight through all instances. */
  readonly inFlight: number;
  /** How many are sick; `sick` lists the worst. */
  readonly sickCount: number;
  /** The worst first, at most `mostListed`. */
  readonly sick: readonly SickPod[];
}

export interface SickPod {
  readonly address: string;
  /** One phrase for people. */
  readonly why: string;
  /** It gets requests all the same. */
  readonly isUsed: boolean;
}

type Pod = Pick<EndpointReport, 'address' | 'ready' | 'fault' | 'view' | 'health' | 'quarantine'>;

const mostListed = 20;
/** A fault may quote what a pod answered. */
const longestWhy = 200;

/** Adds pods up one by one, since there may be thousands. */
export class PodCounts {
  #pods = 0;
  #ready = 0;
  #used = 0;
  #inFlight = 0;
  readonly #health: Record<EndpointReport['health'], number> = {
    trusted: 0,
    suspected: 0,
    quarantined: 0,
    trial: 0,
  };
  #sickCount = 0;
  /** By how bad it is, the worst first. */
  readonly #sick: SickPod[][] = [[], [], [], []];

  add(pod: Pod): void {
    this.#pods += 1;
    this.#inFlight += pod.view;
    this.#health[pod.health] += 1;
    if (pod.ready) {
      this.#ready += 1;
      if (pod.quarantine?.excluded !== true) this.#used += 1;
    }
    const rank = rankOf(pod);
    if (rank === undefined) return;
    this.#sickCount += 1;
    const alike = this.#sick[rank] as SickPod[];
    if (alike.length < mostListed) alike.push(sickPod(pod));
  }

  summary(): PodSummary {
    return {
      pods: this.#pods,
      ready: this.#ready,
      used: this.#used,
      quarantined: this.#health.quarantined,
      onTrial: this.#health.trial,
      suspected: this.#health.suspected,
      inFlight: this.#inFlight,
      sickCount: this.#sickCount,
      sick: this.#sick.flat().slice(0, mostListed),
    };
  }
}

export function summarizePods(pods: Iterable<Pod>): PodSummary {
  const counts = new PodCounts();
  for (const pod of pods) counts.add(pod);
  return counts.summary();
}

/** undefined: nothing is wrong with it. One that fails and is in use is worse than one left out. */
function rankOf({ ready, fault, health, quarantine }: Pod): number | undefined {
  if (health === 'quarantined') return quarantine?.excluded === false ? 0 : 2;
  if (fault !== null) return ready ? 1 : 2;
  if (health === 'trial') return 3;
  return undefined;
}

function sickPod({ address, ready, fault, health, quarantine }: Pod): SickPod {
  const failures = quarantine === null ? '' : `: ${quarantine.reason}`;
  const reasons = [
    ...(health === 'quarantined' ? [`quarantined${failures}`] : []),
    ...(health === 'trial' ? [`on trial after quarantine${failures}`] : []),
    ...(fault === null ? [] : [`fails its probes: ${fault}`]),
  ];
  const isUsed = ready && quarantine?.excluded !== true;
  return { address, why: reasons.join('; ').slice(0, longestWhy), isUsed };
}
