import type { Endpoint } from './endpoint.ts';

/** The labels that name a zone, the first that is there. */
const zoneLabels = ['zone', 'topology.kubernetes.io/zone'] as const;

/** '' where no label says it. */
export function zoneOf({ labels }: Endpoint): string {
  const name = zoneLabels.find((label) => Object.hasOwn(labels, label));
  return name === undefined ? '' : (labels[name] ?? '');
}
