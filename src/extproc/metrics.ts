import type { ServerReport } from '../grpc/grpcServer.ts';
import { reachedLimits } from '../grpc/http2/limits.ts';
import type { Rejection } from '../scheduling/decision.ts';
import { policyNames } from '../scheduling/policies/index.ts';
import type { Instruments } from '../telemetry/instruments.ts';
import { counter, gauge, histogram, label, labelOr, openLabel } from '../telemetry/metric.ts';

/** `route`, why the scheduler rejected, or why a stream came to no decision. */
export const decisionOutcomes = [
  'route',
  'no-ready-endpoint',
  'subset-empty',
  'subset-too-large',
  'model-not-ready',
  'unknown-model',
  'model-not-read',
  'body-not-kept',
  'no-endpoint-with-labels',
  'invalid-labels',
  'rejected-by-filter',
  'filter-failed',
  'unknown-policy',
  'overloaded',
  'bad-request',
  'internal-error',
] as const satisfies readonly ('route' | Rejection['kind'] | UndecidedOutcome)[];

/** Why a stream came to no decision. */
export type UndecidedOutcome = 'overloaded' | 'bad-request' | 'internal-error';

/** What a gateway made of a `mode_override`. */
export const overrideOutcomes = ['honoured', 'ignored'] as const;
export type OverrideOutcome = (typeof overrideOutcomes)[number];

/**
 * By Envoy's end, by its reset, with an error, half-closed by a drain, or finished behind the
 * request so that the response does not depend on this instance.
 */
export const streamEnds = ['end', 'cancelled', 'error', 'drained', 'left'] as const;
export type StreamEnd = (typeof streamEnds)[number];

/**
 * Where an unexpected error was thrown: in the handler of a call (a decision or a health check), in
 * the code of a connection, while a decision was recorded, or in a callback of a library.
 */
export const errorWheres = ['call', 'connection', 'record', 'library'] as const;
export type ErrorWhere = (typeof errorWheres)[number];

/**
 * What came of a request body that was asked for: the whole of it, as much as Envoy buffers, one
 * that is no JSON object, or none.
 */
export const bodyOutcomes = ['whole', 'part', 'invalid', 'missing'] as const;
export type BodyOutcome = (typeof bodyOutcomes)[number];

/** Why a stream of a port with several pools came to none of them. */
export const withoutPoolReasons = ['unmatched', 'overloaded'] as const;
export type WithoutPoolReason = (typeof withoutPoolReasons)[number];

export const extprocMetrics = {
  decisions: counter({
    name: 'baton_decisions',
    labels: [
      labelOr('policy', [...policyNames, 'mix', 'extension'], 'unknown'),
      label('outcome', decisionOutcomes),
    ],
    means: 'Decisions by policy and outcome',
    worry:
      'A rising share of outcomes other than `route`. `no-ready-endpoint`: no pod passes its probe. ' +
      '`overloaded`: `limits.maxStreams` is reached. `bad-request`: the peer does not speak ext_proc. `internal-error`: a bug, see `baton_unexpected_errors`.',
  }),
  decisionDuration: histogram({
    name: 'baton_decision_duration_seconds',
    unit: 's',
    buckets: [5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.1, 1],
    means: "From the arrival of a request's stream to the written reply",
    worry: 'A 99th percentile above 1 ms: the process lacks CPU time, or the pool is very large.',
  }),
  requestBodies: counter({
    name: 'baton_request_bodies',
    labels: [label('outcome', bodyOutcomes)],
    means: 'Request bodies that were asked for, by what came of them',
    worry:
      '`missing` rises as fast as requests come: the Envoy filter has no `allow_mode_override`. `part` rises: bodies are larger than `request_body_buffer_limit` of Envoy. `invalid`: clients send no JSON.',
  }),
  modeOverrides: counter({
    name: 'baton_mode_overrides',
    labels: [label('outcome', overrideOutcomes)],
    means:
      'Requests of gateways that send bodies by themselves, which were asked not to (`gateway.modeOverride`), by what they did',
    worry:
      '`ignored` rises: the filter has no `allow_mode_override`. Bodies pass through Baton, and responses depend on it.',
  }),
  streamsEnded: counter({
    name: 'baton_streams_ended',
    labels: [label('how', streamEnds)],
    means: 'ext_proc streams by how they ended',
    worry:
      '`error` rises: messages that cannot be read, or connections that break. `drained` rises only in drains.',
  }),
  extensionErrors: counter({
    name: 'baton_extension_errors',
    labels: [openLabel('name', 'policies and filters of `scheduling.extensions`')],
    means: 'Errors of extensions. A policy is replaced by least-request for the request, a filter rejects it',
    worry: 'Any rise: a module of `scheduling.extensions` has a bug, see the log (`extension.failed`).',
  }),
  unexpectedErrors: counter({
    name: 'baton_unexpected_errors',
    labels: [label('where', errorWheres)],
    means:
      'Errors that only a bug can cause, by what they ended: a call, a connection, a record of a decision, a callback of a library',
    worry: 'Any rise: please report it, with the stack in the log (`error.unexpected`).',
  }),
  messagesRefused: counter({
    name: 'baton_messages_refused',
    labels: [],
    means:
      'Messages to the gRPC port that were refused unread, because ones like them had thrown or held the event loop three times in a row',
    worry:
      'Any rise: a request that meets a bug is repeated; please report it, see `baton_unexpected_errors` and the log (`message.refusing`).',
  }),
  streamsWithoutPool: counter({
    name: 'baton_streams_without_pool',
    labels: [label('why', withoutPoolReasons)],
    means:
      'Streams of a port with several pools that came to none of them: no entry of `pools` is for the request (404), or `limits.maxStreams` is reached',
    worry: '`unmatched` rises: the gateway sends requests of a route that no pool has a match for.',
  }),
  connectionsLimited: counter({
    name: 'baton_connections_limited',
    labels: [label('limit', reachedLimits)],
    means: 'Connections to the gRPC port that a limit closed or refused, by the limit',
    worry:
      'Any rise: something that is no Envoy connects, or a limit is too low. The log (`connection.limited`) says more.',
  }),
};
export type ExtprocMetrics = Instruments<typeof extprocMetrics>;

interface OpenStreams {
  readonly open: number;
  /** Requests that count although their stream is finished. */
  readonly assumed: number;
}

export const extprocGauges = [
  gauge<OpenStreams>({
    name: 'baton_streams_open',
    labels: [],
    means: 'Open ext_proc streams',
    worry: 'It comes near `limits.maxStreams`, or stays high without traffic.',
    read: ({ open }) => open,
  }),
  gauge<OpenStreams>({
    name: 'baton_requests_assumed',
    labels: [],
    means:
      'Requests in flight by assumption: their stream was finished behind the request, and they count for `gateway.leftRequestMs`. All others are counted exactly',
    worry: 'It is not 0 behind a gateway that is not meant to stream bodies through Baton.',
    read: ({ assumed }) => assumed,
  }),
];

export const connectionGauges = [
  gauge<ServerReport>({
    name: 'baton_connections_open',
    labels: [],
    means: 'Open connections to the gRPC port',
    worry:
      'More than the worker threads of all Envoys and the clients of health checks; it comes near `limits.connections`.',
    read: ({ connections }) => connections,
  }),
  gauge<ServerReport>({
    name: 'baton_connections_held',
    labels: [],
    unit: 'By',
    means:
      'Bytes held for the clients of the gRPC port: partial messages, input that waits, output that is not read; absent with `server.transport: grpc-js`',
    worry: 'It comes near `limits.bufferBytes`.',
    read: ({ heldBytes }) => heldBytes,
  }),
];
