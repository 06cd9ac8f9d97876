import { type Document, parseDocument } from 'yaml';
import {
  appendItem,
  insertAfter,
  type Path,
  removeKey,
  replaceKey,
  setComment,
  setHeader,
  setValue,
} from './yamlEdits.ts';

/** The Envoy configurations that are generated from envoy/envoy.yaml, each as a list of edits. */
export const envoyVariants: ReadonlyMap<string, (source: string) => string> = new Map([
  ['fail-closed.yaml', failClosed],
  ['envoy-eds.yaml', discovery],
  ['compose.yaml', compose],
]);

const listener: Path = ['static_resources', 'listeners', 'ingress'];
const connectionManager: Path = [
  ...listener,
  'filter_chains',
  0,
  'filters',
  'envoy.filters.network.http_connection_manager',
  'typed_config',
];
const extProc: Path = [...connectionManager, 'http_filters', 'envoy.filters.http.ext_proc', 'typed_config'];
const routes: Path = [...connectionManager, 'route_config', 'virtual_hosts', 'all', 'routes'];
const scheduler: Path = ['static_resources', 'clusters', 'scheduler'];
const modelPods: Path = ['static_resources', 'clusters', 'model_pods'];

const generated = 'Generated from envoy.yaml by `npm run generate`. Change that file, or scripts/envoy/.';

function failClosed(source: string): string {
  const document = parseDocument(source);
  setHeader(
    document,
    `
${generated}

envoy.yaml, but a request without a decision of Baton gets 503 instead of the least loaded pod.
For fleets where only Baton may choose a pod: pods with different models, or with hard limits.

After the decision it is still fail-open: a Baton that dies does not cut the responses that it
has decided on.`,
  );
  const decided: Path = [...routes, 'pods'];
  setComment(
    document,
    [...decided, 'name'],
    `
Baton's reply sets this header. A client's own was removed before (see
early_header_mutation_extensions), so its presence proves a decision.`,
  );
  setValue(
    document,
    [...decided, 'match'],
    `
prefix: /
headers:
  - { name: x-gateway-destination-endpoint, present_match: true }
`,
  );
  appendItem(
    document,
    routes,
    `
name: undecided
match: { prefix: / }
# The same form as Baton's own reply when no endpoint is ready.
direct_response:
  status: 503
  body:
    inline_string: '{"error":{"message":"No scheduler answered.","type":"service_unavailable","param":null,"code":"no_scheduler"}}'
response_headers_to_add:
  - header: { key: content-type, value: application/json }
    append_action: OVERWRITE_IF_EXISTS_OR_ADD
  - header: { key: retry-after, value: "1" }
    append_action: OVERWRITE_IF_EXISTS_OR_ADD
`,
  );
  setComment(
    document,
    [...extProc, 'failure_mode_allow'],
    `
This is not what fails closed: with false a Baton that dies would cut the
responses of its open streams. The route \`undecided\` does.`,
  );
  setComment(
    document,
    [...extProc, 'message_timeout'],
    `
How long a request waits for a frozen Baton until the health check finds
out (about a second). Longer than in envoy.yaml: here a late decision is
better than a 503.`,
  );
  setValue(document, [...extProc, 'message_timeout'], '1s');
  insertAfter(
    document,
    [...extProc, 'failure_mode_allow'],
    `
# Envoy chose a route before it asked Baton. This makes it choose again, with
# Baton's header.
route_cache_action: CLEAR
`,
  );
  return print(document);
}

function discovery(source: string): string {
  const document = parseDocument(source);
  setHeader(
    document,
    `
${generated}

envoy.yaml, but the pods come from Baton (endpoint discovery, EDS): a pod that registers in etcd,
or that a file or DNS names, is known once. List your Batons in the cluster \`scheduler\`; there is
no list of pods. When every Baton is down, Envoy keeps the last pods.`,
  );
  usePodsOfBaton(document);
  return print(document);
}

/** The cluster of the pods asks Baton for them. */
function usePodsOfBaton(document: Document): void {
  insertAfter(
    document,
    ['admin'],
    `
# Names this Envoy in Baton's log. Endpoint discovery needs both.
node: { id: gateway, cluster: gateway }
`,
  );
  replaceKey(
    document,
    [...modelPods, 'type'],
    `
type: EDS
eds_cluster_config:
  # pool.name, or one of eds.clusters, of Baton.
  service_name: default
  eds_config:
    resource_api_version: V3
    # A new Envoy waits for the pods before it listens, instead of answering 503.
    initial_fetch_timeout: 0s
    api_config_source:
      # Incremental: another Baton has the same version and sends nothing again.
      api_type: DELTA_GRPC
      transport_api_version: V3
      set_node_on_first_message_only: true
      grpc_services:
        - envoy_grpc:
            cluster_name: scheduler
            # To the next Baton. The default waits up to 30 s.
            retry_policy:
              retry_back_off: { base_interval: 0.2s, max_interval: 2s }
`,
  );
  removeKey(document, [...modelPods, 'health_checks']);
  removeKey(document, [...modelPods, 'load_assignment']);
  removeKey(document, [...modelPods, 'common_lb_config', 'ignore_new_hosts_until_first_hc']);
  setComment(
    document,
    [...modelPods, 'common_lb_config', 'healthy_panic_threshold'],
    `
For requests without a decision: only pods that Baton finds healthy, however few. If it
finds none, Envoy tries all of them instead of refusing.`,
  );
}

function compose(source: string): string {
  const document = parseDocument(source);
  setHeader(
    document,
    `
${generated}

envoy-eds.yaml inside docker-compose.yml: the Batons are the replicas of a service, which Docker's
DNS resolves, and the pods are those that register.`,
  );
  setComment(
    document,
    [...listener, 'address'],
    'Inside the container; docker-compose.yml publishes it on the loopback of the host only.',
  );
  setValue(document, [...listener, 'address'], '{ socket_address: { address: 0.0.0.0, port_value: 10000 } }');
  replaceKey(document, [...scheduler, 'type'], dnsCluster);
  setComment(document, [...scheduler, 'cluster_type'], 'Every address that the name resolves to is a host.');
  setValue(document, endpointsOf(scheduler), endpointList(['baton:9002']));
  usePodsOfBaton(document);
  return print(document);
}

const dnsCluster = `
cluster_type:
  name: envoy.cluster.dns
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster
    dns_lookup_family: V4_ONLY
    # Docker's DNS gives no useful TTL. Envoy finds a new or stopped replica within this
    # time.
    dns_refresh_rate: 1s
`;

function endpointsOf(cluster: Path): Path {
  return [...cluster, 'load_assignment', 'endpoints', 0, 'lb_endpoints'];
}

function endpointList(addresses: readonly string[]): string {
  const lines = addresses.map((address) => {
    const [host, port] = address.split(':');
    return `- { endpoint: { address: { socket_address: { address: ${host}, port_value: ${port} } } } }`;
  });
  return `${lines.join('\n')}\n`;
}

/** Long lines stay: folded strings would be hard to read. */
function print(document: Document): string {
  return document.toString({ lineWidth: 0 });
}
