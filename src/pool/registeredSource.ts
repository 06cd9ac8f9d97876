import type { RecordSubscription } from '../etcd/records.ts';
import { parseAddress } from '../hostPort.ts';
import { recordKeys } from '../proto/records/recordKeys.ts';
import type { Endpoint } from '../scheduling/endpoint.ts';
import { isSlots, isWeight } from './parseEndpoint.ts';
import type { EndpointSource, PoolReport } from './pool.ts';

/**
 * The endpoints that registered themselves in the store, one record each under `endpoints/<address>`.
 * It waits for nobody: a store that cannot be reached is told of by whoever connects to it, and the
 * endpoints come with the first snapshot.
 */
export interface RegisteredTraits {
  readonly weight?: number | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly models?: readonly string[] | undefined;
  readonly slots?: number | undefined;
}

export interface RegisteredSourceOptions {
  /** Throws when the bytes are no such record. */
  readonly codec: { decode(bytes: Uint8Array): RegisteredTraits };
  readonly report: PoolReport;
}

export class RegisteredSource implements EndpointSource {
  readonly name = 'etcd';
  readonly #options: RegisteredSourceOptions;
  /** By key, because only the key says which record is deleted. */
  #endpoints = new Map<string, Endpoint>();
  #tell: ((endpoints: readonly Endpoint[]) => void) | undefined;
  #tellSoon: NodeJS.Immediate | undefined;
  #stopped = false;

  constructor(options: RegisteredSourceOptions) {
    this.#options = options;
  }

  get subscription(): RecordSubscription {
    return {
      prefix: recordKeys.endpoints,
      listener: {
        onSnapshot: (records) => {
          const before = this.#endpoints;
          this.#endpoints = new Map();
          for (const [key, value] of records) this.#put(key, value, before.get(key));
          this.#changed();
        },
        onPut: (key, value) => {
          this.#put(key, value, this.#endpoints.get(key));
          this.#changed();
        },
        onDelete: (key) => {
          if (this.#endpoints.delete(key)) this.#changed();
        },
      },
    };
  }

  /** Records may have come before: the order of the session's start and this one does not matter. */
  async start(tell: (endpoints: readonly Endpoint[]) => void): Promise<void> {
    this.#tell = tell;
    if (this.#endpoints.size > 0) this.#changed();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearImmediate(this.#tellSoon);
  }

  /** One response of the store brings many records: they make one change. */
  #changed(): void {
    if (this.#stopped || this.#tell === undefined) return;
    this.#tellSoon ??= setImmediate(() => {
      this.#tellSoon = undefined;
      this.#tell?.([...this.#endpoints.values()]);
    });
  }

  /** A record that cannot be read changes nothing: its key still says that the pod is alive. */
  #put(key: string, value: Uint8Array, before: Endpoint | undefined): void {
    try {
      this.#endpoints.set(key, readRecord(key, this.#options.codec.decode(value)));
    } catch (error) {
      if (before) this.#endpoints.set(key, before);
      const { report } = this.#options;
      const reason = (error as Error).message;
      report.count('unreadable-record', this.name);
      report.log.warn(
        { event: 'store.record-skipped', kind: 'endpoint', key: recordKeys.endpoints + key, reason },
        'unreadable record skipped',
      );
    }
  }
}

/** Protobuf's zero stands for "not said": weight 1, slots not known. */
function readRecord(key: string, traits: RegisteredTraits): Endpoint {
  const parsed = parseAddress(key);
  if (parsed.kind === 'invalid') throw new Error(parsed.problem);
  if (parsed.kind === 'host') throw new Error(`"${key}" is a host name; an endpoint registers as ip:port`);
  const { weight = 1, labels = {}, models = [], slots = 0 } = traits;
  if (weight !== 0 && !isWeight(weight)) throw new Error(`its weight ${weight} is not a number above 0`);
  if (slots !== 0 && !isSlots(slots)) throw new Error(`its slots ${slots} are not a whole number above 0`);
  return { address: parsed.address, weight: weight || 1, labels, models, ...(slots === 0 ? {} : { slots }) };
}
