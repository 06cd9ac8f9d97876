import type { AddressRanges } from '../config/addressRanges.ts';
import type { RecordListener, RecordSnapshot, RecordSubscription } from '../etcd/records.ts';
import type { OnRecordSkipped } from '../proto/records/recordKeys.ts';
import { subscriptionTo } from '../proto/records/recordRules.ts';
import type { Endpoint } from '../scheduling/endpoint.ts';
import { type EndpointProblem, formatEndpointProblems } from './endpointProblems.ts';
import { parseEndpoint } from './parseEndpoint.ts';
import type { EndpointSource } from './pool.ts';

/**
 * The endpoints that are registered in etcd, one record each under `endpoints/<address>`. Its start
 * does not wait for etcd: the endpoints come with the first snapshot.
 */
export interface RegisteredTraits {
  /** The same as in the key, or empty. */
  readonly address?: string | undefined;
  readonly weight?: number | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly models?: readonly string[] | undefined;
  readonly slots?: number | undefined;
}

export interface RegisteredSourceOptions {
  /** What may register (pool.allow); undefined: any address. */
  readonly allows?: AddressRanges | undefined;
  /** Throws when the bytes are no such record. */
  readonly codec: { decode(bytes: Uint8Array): RegisteredTraits };
  readonly onSkipped: OnRecordSkipped;
}

export class RegisteredSource implements EndpointSource {
  readonly name = 'etcd';
  readonly #options: RegisteredSourceOptions;
  /** By key, because only the key says which record is deleted. */
  #endpoints = new Map<string, Endpoint>();
  #onEndpoints: ((endpoints: readonly Endpoint[]) => void) | undefined;
  /** Has etcd been read? Until then it is not known which pods are registered. */
  #hasSnapshot = false;
  #pendingChange: NodeJS.Immediate | undefined;
  #stopped = false;

  constructor(options: RegisteredSourceOptions) {
    this.#options = options;
  }

  get subscription(): RecordSubscription {
    return subscriptionTo('endpoints', {
      beginSnapshot: () => this.#beginSnapshot(),
      onPut: (key, value) => {
        this.#put(this.#endpoints, key, value);
        this.#changed();
      },
      onDelete: (key) => {
        if (this.#endpoints.delete(key)) this.#changed();
      },
    } satisfies RecordListener);
  }

  /**
   * Records may have come before: the order of the session's start and this one does not matter.
   */
  async start(onEndpoints: (endpoints: readonly Endpoint[]) => void): Promise<void> {
    this.#onEndpoints = onEndpoints;
    if (this.#hasSnapshot) this.#changed();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearImmediate(this.#pendingChange);
  }

  /** The records of one response of etcd are one change. */
  #changed(): void {
    if (this.#stopped || this.#onEndpoints === undefined) return;
    this.#pendingChange ??= setImmediate(() => {
      this.#pendingChange = undefined;
      this.#onEndpoints?.([...this.#endpoints.values()]);
    });
  }

  #beginSnapshot(): RecordSnapshot {
    const endpoints = new Map<string, Endpoint>();
    return {
      put: (key, value) => {
        this.#put(endpoints, key, value);
        return keptBytes(endpoints.get(key));
      },
      finish: () => {
        this.#endpoints = endpoints;
        this.#hasSnapshot = true;
        this.#changed();
      },
    };
  }

  /** An unreadable record changes nothing: its key still means that the pod is alive. */
  #put(endpoints: Map<string, Endpoint>, key: string, value: Uint8Array): void {
    const before = this.#endpoints.get(key);
    try {
      const endpoint = endpointOf(key, this.#options.codec.decode(value));
      this.#options.allows?.require(endpoint.address);
      endpoints.set(key, endpoint);
    } catch (cause) {
      if (before) endpoints.set(key, before);
      this.#options.onSkipped('endpoints', key, cause);
    }
  }
}

/** Of an endpoint in memory, without its texts. */
const plainBytes = 500;

function keptBytes(endpoint: Endpoint | undefined): number {
  if (endpoint === undefined) return 0;
  const texts = [...endpoint.models, ...Object.entries(endpoint.labels).flat()];
  return texts.reduce((sum, text) => sum + text.length, plainBytes);
}

/**
 * An address has one key, so that who may write that key, and no one else, describes the endpoint.
 *
 * @param stated the address in the record, or empty
 */
function requireAgreement(key: string, address: string, stated: string): void {
  if (key !== address) throw new Error(`its key names ${address} as "${key}": register it under ${address}`);
  if (stated === '' || stated === address) return;
  throw new Error(`its record is of another address, ${stated.slice(0, 100)}`);
}

/** Protobuf's zero stands for "not given": weight 1, slots unknown. */
function endpointOf(key: string, traits: RegisteredTraits): Endpoint {
  const { weight = 0, labels, models, slots = 0 } = traits;
  const problems: EndpointProblem[] = [];
  const entry = {
    address: key,
    weight: weight === 0 ? 1 : weight,
    labels,
    models,
    ...(slots === 0 ? {} : { slots }),
  };
  const parsed = parseEndpoint(entry, '', problems);
  if (parsed === undefined) throw new Error(formatEndpointProblems(problems));
  const { place } = parsed;
  if (place.kind !== 'ip') throw new Error(`"${key}" is a host name; an endpoint registers as ip:port`);
  requireAgreement(key, place.address, traits.address ?? '');
  return { address: place.address, ...parsed.traits };
}
