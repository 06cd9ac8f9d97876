import { parseAddress, parseIp } from '../../hostPort.ts';
import type { Endpoint } from '../../scheduling/endpoint.ts';
import { zoneOf } from '../../scheduling/zone.ts';

/** What Baton reads of Kubernetes objects, pure. Whatever is not as the API says is left out. */

/** A pod that takes requests. */
export interface PodFacts {
  readonly name: string | undefined;
  readonly ip: string;
  /** The name of the node that it runs on. */
  readonly node: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** The only ports that serve now; undefined: all. */
  readonly activePorts: ReadonlySet<number> | undefined;
}

/** Which pods belong to an InferencePool, and by which ports. */
export interface PodSelection {
  /** A label selector as the API takes it: `app=vllm,tier=prod`. */
  readonly selector: string;
  readonly ports: readonly number[];
}

const activePortsAnnotation = 'inference.networking.k8s.io/active-ports';
const zoneLabel = 'topology.kubernetes.io/zone';
/** As many as an endpoint may have, with a zone. */
const mostLabels = 63;

/** `namespace/name`; undefined: the object has no name. */
export function keyOf(object: unknown): string | undefined {
  const name = fieldAt(object, 'metadata', 'name');
  return typeof name === 'string'
    ? `${String(fieldAt(object, 'metadata', 'namespace') ?? '')}/${name}`
    : undefined;
}

/** Undefined: it is not ready, it leaves, or it has no address. */
export function readPod(object: unknown): PodFacts | undefined {
  const address = fieldAt(object, 'status', 'podIP');
  const ip = typeof address === 'string' ? parseIp(address) : undefined;
  if (ip === undefined || fieldAt(object, 'metadata', 'deletionTimestamp') !== undefined) return undefined;
  const isReady = list(fieldAt(object, 'status', 'conditions')).some(
    (condition) => fieldAt(condition, 'type') === 'Ready' && fieldAt(condition, 'status') === 'True',
  );
  if (!isReady) return undefined;
  const name = fieldAt(object, 'metadata', 'name');
  const node = fieldAt(object, 'spec', 'nodeName');
  const active = fieldAt(object, 'metadata', 'annotations', activePortsAnnotation);
  return {
    name: typeof name === 'string' ? name : undefined,
    ip,
    node: typeof node === 'string' ? node : undefined,
    labels: Object.fromEntries(texts(fieldAt(object, 'metadata', 'labels')).slice(0, mostLabels)),
    activePorts: typeof active === 'string' ? new Set(active.split(',').map(Number)) : undefined,
  };
}

/** The zone of a node; undefined: no label says it. */
export function readNodeZone(object: unknown): string | undefined {
  const zone = fieldAt(object, 'metadata', 'labels', zoneLabel);
  return typeof zone === 'string' && zone !== '' ? zone : undefined;
}

/** Undefined: it selects no pods, or names no port. */
export function readInferencePool(object: unknown): PodSelection | undefined {
  const labels = texts(fieldAt(object, 'spec', 'selector', 'matchLabels'));
  const ports = list(fieldAt(object, 'spec', 'targetPorts')).flatMap((port) => {
    const number = fieldAt(port, 'number');
    return Number.isInteger(number) ? [Number(number)] : [];
  });
  if (labels.length === 0 || ports.length === 0) return undefined;
  return { selector: labels.map(([name, value]) => `${name}=${value}`).join(','), ports };
}

/**
 * Every port of every pod is an endpoint. A pod whose labels name no zone has that of its node.
 *
 * @param zones of nodes, by `keyOf` the node
 */
export function endpointsOfPods(
  pods: Iterable<PodFacts>,
  ports: readonly number[],
  zones: ReadonlyMap<string, string>,
): Endpoint[] {
  const endpoints: Endpoint[] = [];
  for (const { name, ip, node, labels: own, activePorts } of pods) {
    const zone = node !== undefined && zoneOf({ labels: own }) === '' ? zones.get(`/${node}`) : undefined;
    const labels = zone === undefined ? own : { ...own, [zoneLabel]: zone };
    for (const port of ports) {
      if (activePorts !== undefined && !activePorts.has(port)) continue;
      const parsed = parseAddress(ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`);
      if (parsed.kind !== 'ip') continue;
      const { address } = parsed;
      endpoints.push({ address, ...(name !== undefined && { name }), weight: 1, labels, models: [] });
    }
  }
  return endpoints;
}

/** The value at a path of keys; undefined where there is none. */
export function fieldAt(value: unknown, ...keys: readonly string[]): unknown {
  let node = value;
  for (const key of keys) {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, key)) return undefined;
    node = (node as Record<string, unknown>)[key];
  }
  return node;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The entries of a map whose values are text, by name. */
function texts(value: unknown): [string, string][] {
  if (typeof value !== 'object' || value === null) return [];
  const entries = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return entries.sort(([left], [right]) => (left < right ? -1 : 1));
}
