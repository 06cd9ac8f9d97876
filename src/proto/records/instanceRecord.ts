import type { Phase } from '../../phase.ts';
import { stateCodecs } from '../stateCodecs.ts';
import { judgeDate, judgeId, judgeList, judgeName, judgeNumber } from './fields.ts';

/** What an instance publishes about itself. */
export interface InstanceRecord {
  readonly id: string;
  /** For people. */
  readonly release: string;
  /** Orders releases; the higher one is the newer one. */
  readonly generation: number;
  /** undefined when a newer release has a phase this one does not know. */
  readonly phase: Phase | undefined;
  /** Where it takes ext_proc streams, `host:port`. */
  readonly addresses: readonly string[];
  readonly zone: string;
  readonly startedUnixMs: number;
  /** None of its endpoints is ready, so other instances are preferred. */
  readonly withoutEndpoints: boolean;
  /**
   * Grows with each announcement, so that its writer recognises in the watch which of them the
   * others see.
   */
  readonly sequence: number;
  /** The ways to hash prompts that it knows; absent: it shares no prompts. */
  readonly hashingSchemes?: readonly number[];
  /** A share of the pods is its to ask for their metrics. */
  readonly readsMetrics?: true;
}

/** phase → its name in `baton.state.v1.Phase` */
const phaseNames = {
  starting: 'PHASE_STARTING',
  ready: 'PHASE_READY',
  standby: 'PHASE_STANDBY',
  draining: 'PHASE_DRAINING',
  stopped: 'PHASE_STOPPED',
} as const satisfies Record<Phase, string>;

const phasesByName = new Map<string, Phase>(
  Object.entries(phaseNames).map(([phase, name]) => [name, phase as Phase]),
);

export function encodeInstance(instance: InstanceRecord): Uint8Array {
  const {
    phase,
    startedUnixMs,
    withoutEndpoints,
    addresses,
    hashingSchemes = [],
    readsMetrics,
    ...rest
  } = instance;
  return stateCodecs.instance.encode({
    ...rest,
    addresses: [...addresses],
    phase: phase === undefined ? 'PHASE_UNSPECIFIED' : phaseNames[phase],
    started_unix_ms: startedUnixMs,
    without_endpoints: withoutEndpoints,
    hashing_schemes: [...hashingSchemes],
    reads_metrics: readsMetrics ?? false,
  });
}

/** Listeners of one instance. */
const mostAddresses = 16;
const mostSchemes = 16;

/**
 * @param id as the record's key has it
 * @throws Error when the bytes are not such a record, or a field of it is absurd
 */
export function decodeInstance(id: string, value: Uint8Array): InstanceRecord {
  const record = stateCodecs.instance.decode(value);
  if (record.id !== '' && record.id !== id) throw new Error('the record is of another instance than its key');
  return {
    id: judgeId('the id', id),
    release: judgeName('release', record.release),
    generation: judgeNumber('generation', record.generation),
    phase: phasesByName.get(record.phase),
    addresses: judgeList('addresses', record.addresses, mostAddresses).map((address) =>
      judgeName('addresses', address),
    ),
    zone: judgeName('zone', record.zone),
    startedUnixMs: judgeDate('started_unix_ms', record.started_unix_ms),
    withoutEndpoints: record.without_endpoints,
    sequence: judgeNumber('sequence', record.sequence),
    ...(record.hashing_schemes.length === 0
      ? {}
      : { hashingSchemes: judgeList('hashing_schemes', record.hashing_schemes, mostSchemes) }),
    ...(record.reads_metrics && { readsMetrics: true }),
  };
}
