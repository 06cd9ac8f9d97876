import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { readShape, type Shape, shapeOf } from './protoShape.ts';

/**
 * The project's .proto files against the official ones: a subset may leave out, never differ. The
 * official Envoy files are those that @grpc/grpc-js-xds ships; no dependency ships gRPC's
 * health.proto.
 */
const repository = join(import.meta.dirname, '../../..');
const ourFolder = join(repository, 'proto');
const shippedFolder = join(repository, 'node_modules/@grpc/grpc-js-xds/deps');
const officialFolders = [
  ...['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate'].map((name) => join(shippedFolder, name)),
  join(repository, 'node_modules/protobufjs'), // google/protobuf/descriptor.proto, which annotations import
];

const extProcFile = 'envoy/service/ext_proc/v3/external_processor.proto';
const discoveryFiles = [
  'envoy/service/endpoint/v3/eds.proto',
  'envoy/service/discovery/v3/ads.proto',
  'envoy/config/endpoint/v3/endpoint.proto',
];

/**
 * The shipped official copy is older than Envoy 1.40. These members are pinned to the descriptors
 * built into Envoy 1.40.0 itself. The last test says so when the shipped copy has caught up with
 * one of them.
 */
const bodySendMode = 'envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode';
const newerThanShippedCopy: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  [bodySendMode]: { FULL_DUPLEX_STREAMED: '4', GRPC: '5' },
  'envoy.service.ext_proc.v3.ProtocolConfiguration': {
    request_body_mode: `1: ${bodySendMode}`,
    response_body_mode: `2: ${bodySendMode}`,
    send_body_without_waiting_for_header_response: '3: bool',
  },
  'envoy.service.ext_proc.v3.ProcessingRequest': {
    protocol_config: '11: envoy.service.ext_proc.v3.ProtocolConfiguration',
  },
  'envoy.service.ext_proc.v3.ProcessingResponse': {
    streamed_immediate_response: '11: envoy.service.ext_proc.v3.StreamedImmediateResponse, oneof response',
  },
  'envoy.service.ext_proc.v3.HttpBody': {
    end_of_stream_without_message: '3: bool',
    grpc_message_compressed: '4: bool',
  },
  'envoy.service.ext_proc.v3.BodyMutation': {
    streamed_response: '3: envoy.service.ext_proc.v3.StreamedBodyResponse, oneof mutation',
  },
  'envoy.service.ext_proc.v3.StreamedBodyResponse': {
    body: '1: bytes',
    end_of_stream: '2: bool',
    end_of_stream_without_message: '3: bool',
    grpc_message_compressed: '4: bool',
  },
  'envoy.service.ext_proc.v3.StreamedImmediateResponse': {
    headers_response: '1: envoy.service.ext_proc.v3.HttpHeaders, oneof response',
    body_response: '2: envoy.service.ext_proc.v3.StreamedBodyResponse, oneof response',
    trailers_response: '3: envoy.config.core.v3.HeaderMap, oneof response',
  },
};

const shipped = readShape([extProcFile], officialFolders);

/** The shipped copy and the pins together: what a member must be. */
function officialMembers(name: string): Record<string, string> {
  return { ...newerThanShippedCopy[name], ...shipped.get(name) };
}

/** Members of ours that the official definitions lack or have otherwise. */
function differences(ours: Shape): string[] {
  return [...ours].flatMap(([name, members]) =>
    Object.entries(members)
      .filter(([member, what]) => officialMembers(name)[member] !== what)
      .map(([member]) => `${name}.${member}`),
  );
}

describe('the ext_proc subset', () => {
  const ours = readShape([extProcFile], [ourFolder]);

  it('covers the service and every kind of request and response', () => {
    const prefix = 'envoy.service.ext_proc.v3';
    expect([...ours.keys()]).toContain(`${prefix}.ExternalProcessor`);
    for (const [message, oneof] of [
      ['ProcessingRequest', 'request'],
      ['ProcessingResponse', 'response'],
    ] as const) {
      const official = Object.entries(officialMembers(`${prefix}.${message}`));
      const kinds = official.filter(([, what]) => what.endsWith(`, oneof ${oneof}`)).map(([kind]) => kind);
      expect(kinds.length).toBeGreaterThanOrEqual(6);
      expect(Object.keys(ours.get(`${prefix}.${message}`) ?? {})).toEqual(expect.arrayContaining(kinds));
    }
  });

  it.each([...ours.keys()])('has %s as Envoy has it', (name) => {
    expect(officialMembers(name)).toMatchObject(ours.get(name) ?? {});
  });

  it('has every member that is pinned', () => {
    expect(Object.fromEntries(ours)).toMatchObject(newerThanShippedCopy);
  });

  it('pins no member that the shipped official copy has caught up with', () => {
    const caughtUp = Object.entries(newerThanShippedCopy).flatMap(([name, members]) =>
      Object.keys(members).filter((member) => shipped.get(name)?.[member] !== undefined),
    );
    expect(caughtUp).toEqual([]);
  });
});

describe('the endpoint discovery subset', () => {
  const ours = readShape(discoveryFiles, [ourFolder]);
  const official = readShape(discoveryFiles, officialFolders);

  it('has both services with every method but that for REST', () => {
    expect(Object.keys(ours.get('envoy.service.endpoint.v3.EndpointDiscoveryService') ?? {})).toEqual([
      'StreamEndpoints',
      'DeltaEndpoints',
    ]);
    expect(ours.get('envoy.service.discovery.v3.AggregatedDiscoveryService')).toEqual(
      official.get('envoy.service.discovery.v3.AggregatedDiscoveryService'),
    );
  });

  it.each([...ours.keys()])('has %s as Envoy has it', (name) => {
    expect(official.get(name)).toMatchObject(ours.get(name) ?? {});
  });
});

describe('when a file drifts from the official one', () => {
  it.each([
    ['a field number', 'HttpHeaders request_headers = 2;', 'HttpHeaders request_headers = 12;'],
    ['a scalar type', 'string details = 5;', 'bytes details = 5;'],
    ['a message type', 'HttpTrailers request_trailers = 6;', 'HttpBody request_trailers = 6;'],
    ['a name', 'bool clear_route_cache = 5;', 'bool clear_the_route_cache = 5;'],
    ['repetition', 'repeated string remove_headers = 2;', 'string remove_headers = 2;'],
    ['a map value', 'map<string, google.protobuf.Struct> attributes', 'map<string, HttpBody> attributes'],
    ['a oneof', 'oneof mutation {', 'oneof change {'],
    ['an enum value', 'CONTINUE_AND_REPLACE = 1;', 'CONTINUE_AND_REPLACE = 2;'],
    [
      'a pinned newer field',
      'ProtocolConfiguration protocol_config = 11;',
      'ProtocolConfiguration protocol_config = 14;',
    ],
    ['a stream', 'returns (stream ProcessingResponse)', 'returns (ProcessingResponse)'],
  ])('finds that %s changed', (_what, before, after) => {
    const text = readFileSync(join(ourFolder, extProcFile), 'utf8');
    expect(text).toContain(before);

    const unchanged = differences(shapeOfExtProc(text));
    expect(differences(shapeOfExtProc(text.replace(before, after)))).not.toEqual(unchanged);
  });

  /** The shape of a changed text of that file, on the unchanged other files. */
  function shapeOfExtProc(text: string): Shape {
    const root = new protobuf.Root();
    root.resolvePath = (_origin, target) => join(ourFolder, target);
    root.loadSync(
      [
        'envoy/config/core/v3/base.proto',
        'envoy/extensions/filters/http/ext_proc/v3/processing_mode.proto',
        'envoy/type/v3/http_status.proto',
      ],
      { keepCase: true },
    );
    protobuf.parse(text, root, { keepCase: true });
    root.loadSync(['google/protobuf/duration.proto', 'google/protobuf/struct.proto']);
    root.resolveAll();
    return shapeOf(root);
  }
});

describe('gRPC health', () => {
  it('is the public version 1, pinned here because no dependency ships it', () => {
    expect(Object.fromEntries(readShape(['grpc/health/v1/health.proto'], [ourFolder]))).toEqual({
      'grpc.health.v1.HealthCheckRequest': { service: '1: string' },
      'grpc.health.v1.HealthCheckResponse': { status: '1: grpc.health.v1.HealthCheckResponse.ServingStatus' },
      'grpc.health.v1.HealthCheckResponse.ServingStatus': {
        UNKNOWN: '0',
        SERVING: '1',
        NOT_SERVING: '2',
        SERVICE_UNKNOWN: '3',
      },
      'grpc.health.v1.HealthListRequest': {},
      'grpc.health.v1.HealthListResponse': {
        statuses: '1: map<string, grpc.health.v1.HealthCheckResponse>',
      },
      'grpc.health.v1.Health': {
        Check: 'grpc.health.v1.HealthCheckRequest → grpc.health.v1.HealthCheckResponse',
        List: 'grpc.health.v1.HealthListRequest → grpc.health.v1.HealthListResponse',
        Watch: 'grpc.health.v1.HealthCheckRequest → stream grpc.health.v1.HealthCheckResponse',
      },
    });
  });
});
