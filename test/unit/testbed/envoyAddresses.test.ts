import { withAddresses } from '../../../tools/testbed/envoyAddresses.ts';

const shipped = `
admin:
  access_log: []
  address: {socket_address: {address: 127.0.0.1, port_value: 9091}}
static_resources:
  listeners:
  - name: ingress
    address: {socket_address: {address: 0.0.0.0, port_value: 10000}}
    filter_chains: [{filters: [{name: x, timeout: 0s, share: "0.50"}]}]
  clusters:
  - name: scheduler
    load_assignment:
      cluster_name: scheduler
      endpoints:
      - lb_endpoints:
        - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 9002}}}
        - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 9012}}}
  - name: model_pods
    connect_timeout: 1s
    load_assignment:
      cluster_name: model_pods
      endpoints:
      - lb_endpoints:
        - endpoint: {hostname: pod, address: {socket_address: {address: 127.0.0.1, port_value: 8001}}}
`;
const addresses = {
  listenerPort: 20_000,
  adminPort: 20_001,
  schedulers: ['127.0.0.1:20002'],
  pods: ['127.0.0.1:20003', '[::1]:20004'],
};
const socket = (address: string, port_value: number) => ({ socket_address: { address, port_value } });

describe('withAddresses', () => {
  it('replaces the addresses and nothing else', () => {
    expect(JSON.parse(withAddresses(shipped, addresses))).toEqual({
      admin: { access_log: [], address: socket('127.0.0.1', 20_001) },
      static_resources: {
        listeners: [
          {
            name: 'ingress',
            address: socket('127.0.0.1', 20_000),
            filter_chains: [{ filters: [{ name: 'x', timeout: '0s', share: '0.50' }] }],
          },
        ],
        clusters: [
          {
            name: 'scheduler',
            load_assignment: {
              cluster_name: 'scheduler',
              endpoints: [{ lb_endpoints: [{ endpoint: { address: socket('127.0.0.1', 20_002) } }] }],
            },
          },
          {
            name: 'model_pods',
            connect_timeout: '1s',
            load_assignment: {
              cluster_name: 'model_pods',
              endpoints: [
                {
                  lb_endpoints: [
                    { endpoint: { hostname: 'pod', address: socket('127.0.0.1', 20_003) } },
                    { endpoint: { hostname: 'pod', address: socket('::1', 20_004) } },
                  ],
                },
              ],
            },
          },
        ],
      },
    });
  });

  it('lets the caller change more', () => {
    const text = withAddresses(shipped, addresses, (bootstrap) => {
      bootstrap.stats_flush_interval = '1s';
    });
    expect(JSON.parse(text).stats_flush_interval).toBe('1s');
  });

  it.each(['ingress', 'scheduler', 'model_pods'])('refuses a configuration without %s', (name) => {
    const other = shipped.replaceAll(`- name: ${name}`, '- name: other');
    expect(() => withAddresses(other, addresses)).toThrow(`nothing named "${name}"`);
  });

  it('names each pod in its own metadata, where the file does (lb_subset)', () => {
    const named = shipped.replace(
      'endpoint: {hostname: pod,',
      'metadata: {filter_metadata: {envoy.lb: {key: "127.0.0.1:8001", zone: a}}}\n          endpoint: {',
    );
    const [, pods] = JSON.parse(withAddresses(named, addresses)).static_resources.clusters;
    const metadata = pods.load_assignment.endpoints[0].lb_endpoints.map(
      (each: { metadata: unknown }) => each.metadata,
    );
    expect(metadata).toEqual(
      addresses.pods.map((key) => ({ filter_metadata: { 'envoy.lb': { key, zone: 'a' } } })),
    );
  });
});
