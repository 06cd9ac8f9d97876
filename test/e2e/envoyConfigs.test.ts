import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { configSchema } from '../../src/config/schema.ts';
import { announcingHeaders } from '../../src/request/body/announcedBody.ts';
import { policyHeader } from '../../src/request/readPolicy.ts';
import { traceparentHeader } from '../../src/request/readTraceparent.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { envoyBin } from '../support/tools.ts';

/**
 * The shipped Envoy configurations as files: Envoy accepts them, and they contain what users rely
 * on. What Envoy does with them is tested in the other end-to-end tests.
 */
checkForLeaks();

const { modelHeaders, sessionHeaders } = configSchema.parse({}).scheduling;
const folder = join(import.meta.dirname, '..', '..', 'envoy');
const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));

describe.each(files)('%s', (name) => {
  it('is accepted by Envoy without a warning', async () => {
    expect(await validate(join(folder, name))).toBe('');
  });

  it.each(['scheduler', 'model_pods'])('limits no requests in flight to %s', async (cluster) => {
    const [threshold] = clusterOf(await load(name), cluster).circuit_breakers.thresholds;
    for (const limit of ['max_connections', 'max_pending_requests', 'max_requests', 'max_retries']) {
      expect(threshold).toHaveProperty(limit, 1_000_000);
    }
  });

  it('sends no request to a draining scheduler and sees a change of health at once', async () => {
    const scheduler = clusterOf(await load(name), 'scheduler');
    expect(scheduler.common_lb_config).toMatchObject({
      healthy_panic_threshold: { value: 0 },
      update_merge_window: '0s',
    });
    expect(scheduler.health_checks).toMatchObject([
      { grpc_health_check: { service_name: '' }, interval: '1s', no_traffic_interval: '1s' },
    ]);
  });

  it('sends Baton only the headers that it reads', async () => {
    const { forward_rules } = extProc(await load(name));
    const announcing = Object.values(announcingHeaders);
    const configured = [...modelHeaders, ...sessionHeaders];
    const names = [':status', ...announcing, policyHeader, traceparentHeader, ...configured];
    const read = names.map((exact) => ({ exact }));
    expect(forward_rules).toEqual({ allowed_headers: { patterns: read } });
  });

  it('limits silence and finds peers that are gone, and nothing else about a long answer', async () => {
    const bootstrap = await load(name);
    const [listener] = bootstrap.static_resources.listeners;
    const pods = clusterOf(bootstrap, 'model_pods');
    const [host] = connectionManager(bootstrap).route_config.virtual_hosts;
    expect(host.retry_policy.per_try_idle_timeout).toBe('300s');
    expect(host.retry_policy).not.toHaveProperty('per_try_timeout');
    expect(routes(bootstrap)[0].route).toMatchObject({ timeout: '0s' });
    expect(connectionManager(bootstrap).stream_idle_timeout).toBe('330s');
    expect(listener.tcp_keepalive).toBeDefined();
    expect(pods.upstream_connection_options.tcp_keepalive).toBeDefined();
    for (const { socket_options } of [listener, pods.upstream_bind_config])
      expect(socket_options).toMatchObject([{ description: 'TCP_USER_TIMEOUT' }]);
  });

  it('delays no request by more than 0.25 s when an instance is frozen', async () => {
    // Where a request without a decision is refused, it waits longer for one.
    const longestWait = name === 'fail-closed.yaml' ? '1s' : '0.25s';
    const bootstrap = await load(name);
    expect(extProc(bootstrap)).toMatchObject({ message_timeout: longestWait, failure_mode_allow: true });
    // A retry on another instance is within the same time.
    expect(extProc(bootstrap).grpc_service).not.toHaveProperty('timeout');
    expect(clusterOf(bootstrap, 'scheduler').connect_timeout).toBe('0.1s');
  });

  it('closes connections to pods before servers with a keep-alive of 2 s do', async () => {
    const options = clusterOf(await load(name), 'model_pods').typed_extension_protocol_options;
    expect(Object.values(options)).toMatchObject([{ common_http_protocol_options: { idle_timeout: '1s' } }]);
  });

  it('removes the destination headers that a client sends', async () => {
    const [removal] = connectionManager(await load(name)).early_header_mutation_extensions;
    expect(removal.typed_config.mutations).toEqual([
      { remove: 'x-gateway-destination-endpoint' },
      { remove: 'target-pod' },
    ]);
  });
});

describe('envoy.yaml', () => {
  it('has example filters for a subset hint that Envoy accepts', async () => {
    const text = await readFile(join(folder, 'envoy.yaml'), 'utf8');
    const example = text.replaceAll(/^( +)# ?((?:-| ) .*)$/gm, '$1$2');
    expect(connectionManager(parse(example)).http_filters).toHaveLength(4);
    const dir = await mkdtemp(join(tmpdir(), 'baton-envoy-'));
    try {
      await writeFile(join(dir, 'subset.yaml'), example);
      expect(await validate(join(dir, 'subset.yaml'))).toBe('');
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});

describe('fail-closed.yaml', () => {
  it('differs from envoy.yaml only in what happens without a decision', async () => {
    expect(withoutRoutes(await load('fail-closed.yaml'))).toEqual(withoutRoutes(await load('envoy.yaml')));
  });

  it('routes requests with a decision to pods, and answers 503 to all others', async () => {
    const [decided, undecided, ...more] = routes(await load('fail-closed.yaml'));
    expect(decided).toMatchObject({
      match: { headers: [{ name: 'x-gateway-destination-endpoint', present_match: true }] },
      route: routes(await load('envoy.yaml'))[0].route,
    });
    expect(undecided).toMatchObject({ match: { prefix: '/' }, direct_response: { status: 503 } });
    expect(JSON.parse(undecided.direct_response.body.inline_string)).toHaveProperty(
      'error.code',
      'no_scheduler',
    );
    expect(more).toEqual([]);
  });
});

describe('compose.yaml', () => {
  it('differs from envoy-eds.yaml only in addresses and where they come from', async () => {
    expect(withoutAddresses(await load('compose.yaml'))).toEqual(
      withoutAddresses(await load('envoy-eds.yaml')),
    );
  });
});

describe('envoy-eds.yaml', () => {
  it('has no list of pods and no health check of them, and is else envoy.yaml', async () => {
    const listing = await load('envoy.yaml');
    const discovering = await load('envoy-eds.yaml');
    const pods = clusterOf(discovering, 'model_pods');
    expect(pods).not.toHaveProperty('load_assignment');
    expect(pods).not.toHaveProperty('health_checks');
    expect(pods.eds_cluster_config.service_name).toBe(configSchema.parse({}).pool.name);
    delete discovering.node;
    delete pods.eds_cluster_config;
    delete clusterOf(listing, 'model_pods').health_checks;
    delete clusterOf(listing, 'model_pods').common_lb_config.ignore_new_hosts_until_first_hc;
    expect(withoutAddresses(discovering)).toEqual(withoutAddresses(listing));
  });
});

/** Envoy's warnings and errors about a configuration. */
async function validate(file: string): Promise<string> {
  const args = ['--mode', 'validate', '--log-level', 'warning', '-c', file];
  try {
    return (await promisify(execFile)(envoyBin(), args)).stderr;
  } catch (error) {
    return (error as { stderr?: string }).stderr || String(error);
  }
}

// biome-ignore-start lint/suspicious/noExplicitAny: parsed YAML, whose form Envoy checks above.
async function load(name: string): Promise<any> {
  return parse(await readFile(join(folder, name), 'utf8'));
}

function clusterOf(bootstrap: any, name: string): any {
  return bootstrap.static_resources.clusters.find((cluster: any) => cluster.name === name);
}

function connectionManager(bootstrap: any): any {
  return bootstrap.static_resources.listeners[0].filter_chains[0].filters[0].typed_config;
}

function extProc(bootstrap: any): any {
  const filters = connectionManager(bootstrap).http_filters;
  return filters.find(({ name }: any) => name === 'envoy.filters.http.ext_proc').typed_config;
}

function routes(bootstrap: any): any[] {
  return connectionManager(bootstrap).route_config.virtual_hosts[0].routes;
}

function withoutRoutes(bootstrap: any): any {
  const manager = connectionManager(bootstrap);
  delete manager.route_config.virtual_hosts[0].routes;
  delete manager.http_filters[0].typed_config.route_cache_action;
  delete manager.http_filters[0].typed_config.message_timeout;
  return bootstrap;
}

function withoutAddresses(bootstrap: any): any {
  delete bootstrap.static_resources.listeners[0].address;
  for (const cluster of bootstrap.static_resources.clusters) {
    delete cluster.type;
    delete cluster.cluster_type;
    delete cluster.load_assignment;
  }
  return bootstrap;
}
// biome-ignore-end lint/suspicious/noExplicitAny: parsed YAML
