import type { MessageTypeDefinition } from '@grpc/proto-loader';
import type { DynamicConfig, DynamicConfig__Output } from './generated/state/baton/state/v1/DynamicConfig.ts';
import type { Handoff, Handoff__Output } from './generated/state/baton/state/v1/Handoff.ts';
import type { Instance, Instance__Output } from './generated/state/baton/state/v1/Instance.ts';
import type { LoadReport, LoadReport__Output } from './generated/state/baton/state/v1/LoadReport.ts';
import type {
  PinnedGeneration,
  PinnedGeneration__Output,
} from './generated/state/baton/state/v1/PinnedGeneration.ts';
import type { PodPrefixes, PodPrefixes__Output } from './generated/state/baton/state/v1/PodPrefixes.ts';
import type { PodReading, PodReading__Output } from './generated/state/baton/state/v1/PodReading.ts';
import type {
  PodSignalReport,
  PodSignalReport__Output,
} from './generated/state/baton/state/v1/PodSignalReport.ts';
import type { PrefixLog, PrefixLog__Output } from './generated/state/baton/state/v1/PrefixLog.ts';
import type {
  RegisteredEndpoint,
  RegisteredEndpoint__Output,
} from './generated/state/baton/state/v1/RegisteredEndpoint.ts';
import { loadProto } from './loadProto.ts';

/**
 * Encodes and decodes each kind of record in proto/baton/state/v1. Its readers skip, count and log
 * an unreadable record.
 */
export interface StateCodec<Input, Output> {
  /** Adds this release's protocol version unless the message has one. */
  encode(message: Input): Buffer;
  /**
   * Fields that newer releases added are ignored; absent ones read as '', 0, [] or {}, except
   * `optional` ones, which stay `undefined`.
   * @throws Error that names the kind of record, when the bytes are not such a record. Its `cause`
   * is the parser's error.
   */
  decode(bytes: Uint8Array): Output;
}

/** Written into every record. See state.proto for when it is raised. */
export const stateProtocolVersion = 1;

const definitions = loadProto(['baton/state/v1/state.proto'], { defaults: true });

const instance = codecOf<Instance, Instance__Output>('Instance');

export const stateCodecs = {
  instance: { encode: instance.encode, decode: (bytes) => withKnownPhase(instance.decode(bytes)) },
  loadReport: codecOf<LoadReport, LoadReport__Output>('LoadReport'),
  handoff: codecOf<Handoff, Handoff__Output>('Handoff'),
  registeredEndpoint: codecOf<RegisteredEndpoint, RegisteredEndpoint__Output>('RegisteredEndpoint'),
  pinnedGeneration: codecOf<PinnedGeneration, PinnedGeneration__Output>('PinnedGeneration'),
  podSignalReport: codecOf<PodSignalReport, PodSignalReport__Output>('PodSignalReport'),
  prefixLog: codecOf<PrefixLog, PrefixLog__Output>('PrefixLog'),
  podPrefixes: codecOf<PodPrefixes, PodPrefixes__Output>('PodPrefixes'),
  podReading: codecOf<PodReading, PodReading__Output>('PodReading'),
  dynamicConfig: codecOf<DynamicConfig, DynamicConfig__Output>('DynamicConfig'),
} as const satisfies Record<string, StateCodec<never, unknown>>;

function codecOf<Input extends { protocol_version?: number }, Output extends { protocol_version: number }>(
  name: string,
): StateCodec<Input, Output> {
  const { serialize, deserialize } = definitions[
    `baton.state.v1.${name}`
  ] as unknown as MessageTypeDefinition<Input, Output>;
  return {
    encode: (message) =>
      serialize({ ...message, protocol_version: message.protocol_version ?? stateProtocolVersion }),
    decode(bytes) {
      let message: Output;
      try {
        // A plain Uint8Array, despite the type: in a Buffer, the parser accepts truncated text.
        message = deserialize(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) as Buffer);
      } catch (cause) {
        throw new Error(`not a readable ${name} record (${bytes.length} bytes)`, { cause });
      }
      // Text and other messages often parse as unknown fields; none of them has a version.
      if (message.protocol_version === 0) {
        throw new Error(`not a readable ${name} record (${bytes.length} bytes): it has no protocol version`);
      }
      return message;
    },
  };
}

/** The parser returns an unknown phase as a number, despite the type. */
function withKnownPhase(message: Instance__Output): Instance__Output {
  return typeof message.phase === 'string' ? message : { ...message, phase: 'PHASE_UNSPECIFIED' };
}
