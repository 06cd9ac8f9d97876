import type { EnvoyBootstrap } from '../../tools/testbed/envoyAddresses.ts';

/**
 * Additions to a shipped Envoy configuration that show a test what Envoy did, or set what only a
 * filter can set. They do not change what is tested.
 */

/** Response headers with the endpoints that Baton named, and the one that Envoy used. */
export const namedHeader = 'x-test-named';
export const servedHeader = 'x-test-served';

export function showPick(bootstrap: EnvoyBootstrap): void {
  const shown = {
    [namedHeader]: '%REQ(x-gateway-destination-endpoint)%',
    [servedHeader]: '%DYNAMIC_METADATA(envoy.lb:x-gateway-destination-endpoint-served)%',
  };
  connectionManagerOf(bootstrap).route_config.response_headers_to_add = Object.entries(shown).map(
    ([key, value]) => ({ header: { key, value } }),
  );
}

/** The request header that becomes the subset hint, as in the example in envoy.yaml. */
export const subsetHeader = 'x-pod-subset';

export function takeSubsetFromHeader(bootstrap: EnvoyBootstrap): void {
  connectionManagerOf(bootstrap).http_filters.unshift({
    name: 'envoy.filters.http.header_to_metadata',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.header_to_metadata.v3.Config',
      request_rules: [
        {
          header: subsetHeader,
          on_header_present: {
            metadata_namespace: 'envoy.lb.subset_hint',
            key: 'x-gateway-destination-endpoint-subset',
          },
          remove: true,
        },
      ],
    },
  });
}

/** A filter in front of ext_proc, as a user may have one. */
export function addLuaFilter(bootstrap: EnvoyBootstrap, code: string): void {
  connectionManagerOf(bootstrap).http_filters.unshift({
    name: 'envoy.filters.http.lua',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua',
      default_source_code: { inline_string: code },
    },
  });
}

/**
 * A long message timeout, for tests of decisions and not of deadlines: a machine that stalls for a
 * second must not skip a decision.
 */
export function waitForDecisions(bootstrap: EnvoyBootstrap): void {
  extProcOf(bootstrap).message_timeout = '30s';
}

/** Forwards a further header of the request to Baton. */
export function forwardHeader(bootstrap: EnvoyBootstrap, exact: string): void {
  const rules = extProcOf(bootstrap).forward_rules as {
    readonly allowed_headers: { readonly patterns: object[] };
  };
  rules.allowed_headers.patterns.push({ exact });
}

export function extProcOf(bootstrap: EnvoyBootstrap): Record<string, unknown> {
  const extProc = connectionManagerOf(bootstrap).http_filters.find(
    ({ name }) => name === 'envoy.filters.http.ext_proc',
  );
  if (!extProc) throw new Error('the Envoy configuration has no ext_proc filter');
  return extProc.typed_config;
}

interface ConnectionManager {
  request_timeout?: string;
  readonly http_filters: { name: string; typed_config: Record<string, unknown> }[];
  readonly route_config: { response_headers_to_add?: object[] };
}

export function connectionManagerOf({ static_resources: { listeners } }: EnvoyBootstrap): ConnectionManager {
  const [listener] = listeners as unknown as {
    filter_chains: { filters: { typed_config: ConnectionManager }[] }[];
  }[];
  const found = listener?.filter_chains[0]?.filters[0]?.typed_config;
  if (!found) throw new Error('the Envoy configuration has no connection manager');
  return found;
}
