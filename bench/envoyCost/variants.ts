import type { EnvoyParts } from '../envoyParts.ts';

/**
 * The variants that were measured for the shipped Envoy configuration: each is envoy.yaml with one
 * change. Whether a change is correct is checked by counting.ts and explained in
 * docs/envoy-cost.md.
 */
export interface Variant {
  readonly name: string;
  readonly change: (parts: EnvoyParts) => void;
}

export interface VariantGroup {
  readonly about: string;
  readonly variants: readonly Variant[];
}

export const shipped: Variant = { name: 'as shipped (twice the same: what is noise)', change: () => {} };

export const variantGroups: readonly VariantGroup[] = [
  { about: 'Reference', variants: [shipped] },
  {
    about: 'Processing mode (shipped: request headers, response trailers)',
    variants: [
      mode('request headers alone', { response_trailer_mode: 'SKIP' }),
      mode('request and response headers', { response_header_mode: 'SEND', response_trailer_mode: 'SKIP' }),
      mode('request and response headers, response trailers', { response_header_mode: 'SEND' }),
      mode('request headers, response body streamed', {
        response_body_mode: 'STREAMED',
        response_trailer_mode: 'SKIP',
      }),
    ],
  },
  {
    about: 'What is forwarded (shipped: what Baton reads)',
    variants: [
      extProc('all headers', { forward_rules: undefined }),
      extProc('five headers more: path, method, authority, request id, session id', {
        forward_rules: allowed([
          ':path',
          ':method',
          ':authority',
          'x-request-id',
          'x-session-id',
          'routing-strategy',
          'traceparent',
        ]),
      }),
      extProc('no header at all', { forward_rules: allowed(['none']) }),
      extProc('no metadata', { metadata_options: { receiving_namespaces: { untyped: ['envoy.lb'] } } }),
      extProc('three request attributes', {
        request_attributes: ['request.path', 'request.id', 'source.address'],
      }),
    ],
  },
  {
    about: 'How a stream ends (shipped: half-closed and waited for)',
    variants: [
      runtime('reset (`ext_proc_graceful_grpc_close: false`)', {
        'envoy.reloadable_features.ext_proc_graceful_grpc_close': false,
      }),
    ],
  },
  {
    about: 'The filter',
    variants: [
      extProc('`allow_mode_override: false`', { allow_mode_override: undefined }),
      extProc('`disable_immediate_response: true`', { disable_immediate_response: true }),
      extProc('no `mutation_rules`', { mutation_rules: undefined }),
      extProc('`emit_client_span: false`', { emit_client_span: false }),
      extProc('no `stat_prefix`', { stat_prefix: undefined }),
      {
        name: 'no retry on another scheduler',
        change: ({ schedulerProtocol }) => delete schedulerProtocol.retry_policy,
      },
      {
        name: 'the retry in the filter, `grpc_service.retry_policy`',
        change: ({ extProc, schedulerProtocol }) => {
          extProc.grpc_service.retry_policy = schedulerProtocol.retry_policy;
          delete schedulerProtocol.retry_policy;
        },
      },
      {
        name: '`skip_envoy_headers: true`',
        change: ({ extProc }) => {
          extProc.grpc_service.envoy_grpc = { cluster_name: 'scheduler', skip_envoy_headers: true };
        },
      },
      {
        name: '`google_grpc` instead of `envoy_grpc`',
        change: ({ extProc, schedulerAddress }) => {
          const google_grpc = { target_uri: schedulerAddress, stat_prefix: 'scheduler' };
          extProc.grpc_service = { google_grpc };
        },
      },
    ],
  },
  {
    about: 'HTTP/2 to the scheduler',
    variants: [
      http2('`hpack_table_size: 0`', { hpack_table_size: 0 }),
      http2('`enable_huffman_encoding: false`', { enable_huffman_encoding: false }),
      http2('`use_oghttp2_codec: true`', { use_oghttp2_codec: true }),
      http2('windows of 64 KiB', {
        initial_stream_window_size: 65_535,
        initial_connection_window_size: 65_535,
      }),
      http2('windows of 16 MiB', {
        initial_stream_window_size: 16_777_216,
        initial_connection_window_size: 16_777_216,
      }),
      http2('`max_concurrent_streams: 4`: several connections', { max_concurrent_streams: 4 }),
      http2('no `max_concurrent_streams`', { max_concurrent_streams: undefined }),
      http2('no `connection_keepalive`', { connection_keepalive: undefined }),
      runtime('`http2_record_histograms: false`', {
        'envoy.reloadable_features.http2_record_histograms': false,
      }),
      runtime('`grpc_side_stream_flow_control: false`', {
        'envoy.reloadable_features.grpc_side_stream_flow_control': false,
      }),
    ],
  },
  {
    about: 'Around it',
    variants: [
      {
        name: 'an access log',
        change: ({ manager }) => {
          const type = 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog';
          const typed_config = { '@type': type, path: '/dev/null' };
          manager.access_log = [{ name: 'envoy.access_loggers.file', typed_config }];
        },
      },
      { name: 'tracing of 1 % of the requests', change: traceSome },
      change('manager', 'no request id', { generate_request_id: false }),
      change('router', 'no `x-envoy-*` headers to pods', { suppress_envoy_headers: true }),
      change('router', 'no dynamic router statistics', { dynamic_stats: false }),
      {
        name: 'no statistics at all',
        change: ({ bootstrap }) => {
          bootstrap.stats_config = { stats_matcher: { reject_all: true } };
        },
      },
    ],
  },
];

/** Undefined removes a field. */
type Fields = Readonly<Record<string, unknown>>;

function mode(name: string, fields: Fields): Variant {
  return { name, change: ({ extProc }) => Object.assign(extProc.processing_mode, fields) };
}

function extProc(name: string, fields: Fields): Variant {
  return change('extProc', name, fields);
}

function http2(name: string, fields: Fields): Variant {
  return change('http2', name, fields);
}

function runtime(name: string, fields: Fields): Variant {
  return change('runtime', name, fields);
}

function change(
  part: 'extProc' | 'http2' | 'runtime' | 'manager' | 'router',
  name: string,
  fields: Fields,
): Variant {
  return { name, change: (parts) => Object.assign(parts[part], fields) };
}

function allowed(headers: readonly string[]): Fields {
  return { allowed_headers: { patterns: headers.map((exact) => ({ exact })) } };
}

/**
 * To a collector that does not exist: sending costs little, sampling and recording cost what they
 * do in use.
 */
function traceSome({ bootstrap, manager, schedulerCluster }: EnvoyParts): void {
  const collector = {
    ...structuredClone(schedulerCluster),
    name: 'collector',
    health_checks: [],
    load_assignment: {
      cluster_name: 'collector',
      endpoints: [
        {
          lb_endpoints: [
            { endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: 9 } } } },
          ],
        },
      ],
    },
  };
  bootstrap.static_resources.clusters.push(collector);
  manager.tracing = {
    random_sampling: { value: 1 },
    provider: {
      name: 'envoy.tracers.opentelemetry',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig',
        grpc_service: { envoy_grpc: { cluster_name: 'collector' } },
        service_name: 'envoy',
      },
    },
  };
}
