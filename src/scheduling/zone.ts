import type { Endpoint } from './endpoint.ts';

/** The labels that name a zone, the first that is there. */
const zoneLabels: readonly string[] = ['zone', 'topology.kubernetes.io/zone'];

export function isZoneLabel(label: string): boolean {
  return zoneLabels.includes(label);
}

/** '' where no label says it. */
export function zoneOf({ labels }: Pick<Endpoint, 'labels'>): string {
  const name = zoneLabels.find((label) => Object.hasOwn(labels, label));
  return name === undefined ? '' : (labels[name] ?? '');
}
