import protobuf from 'protobufjs';
import { EtcdSession } from '../../src/etcd/etcdSession.ts';
import { collectSnapshot, type RecordListener } from '../../src/etcd/records.ts';
import { anyRecords } from './snapshots.ts';

/**
 * An instance of the previous release: its records lack the fields added since, and it ignores
 * those fields in other records. Its message definitions are independent of this release.
 */
const messages = protobuf.parse(
  `syntax = "proto3";
   package previous;
   message Instance {
     uint32 protocol_version = 1; string id = 2; string release = 3; int64 generation = 4; uint32 phase = 5;
     repeated string addresses = 6; string zone = 7; int64 started_unix_ms = 8;
   }
   message EndpointLoad { string address = 1; uint32 in_flight = 2; }
   message LoadReport { uint32 protocol_version = 1; uint64 sequence = 2; repeated EndpointLoad loads = 3; }`,
  { keepCase: true },
).root;

const ready = 2;

export class PreviousRelease {
  readonly store: EtcdSession;
  readonly #loads = new Map<string, number>();
  readonly #others = new Map<string, ReadonlyMap<string, number>>();
  readonly #write: () => Promise<void>;
  #sequence = 0;

  constructor(id: string, etcdUrl: string, { prefix, generation }: { prefix: string; generation: number }) {
    const endpoints = [etcdUrl];
    this.store = new EtcdSession({ endpoints, prefix, leaseTtlSeconds: 2, requestTimeoutMs: 1_000 });
    const instance = {
      key: `instances/${id}`,
      encode: () =>
        encode('Instance', { protocol_version: 1, id, release: '0.1.0', generation, phase: ready }),
    };
    const loads = { key: `load/${id}`, encode: () => this.#encodeLoads() };
    this.#write = () => this.store.change([{ kind: 'put', key: loads.key, value: loads.encode() }]);
    const listener: RecordListener = {
      beginSnapshot: () =>
        collectSnapshot((records) => {
          this.#others.clear();
          for (const [key, value] of records) if (key !== id) this.#others.set(key, decodeLoads(value));
        }),
      onPut: (key, value) => {
        if (key !== id) this.#others.set(key, decodeLoads(value));
      },
      onDelete: (key) => this.#others.delete(key),
    };
    this.store.start({
      leasedRecords: [instance, loads],
      records: [{ prefix: 'load/', rules: anyRecords, listener }],
    });
  }

  async take(address: string, count: number): Promise<void> {
    this.#loads.set(address, count);
    await this.#write();
  }

  inFlight(address: string): number {
    let sum = this.#loads.get(address) ?? 0;
    for (const loads of this.#others.values()) sum += loads.get(address) ?? 0;
    return sum;
  }

  stop(): Promise<void> {
    return this.store.stop();
  }

  #encodeLoads(): Uint8Array {
    this.#sequence += 1;
    const loads = [...this.#loads].map(([address, in_flight]) => ({ address, in_flight }));
    return encode('LoadReport', { protocol_version: 1, sequence: this.#sequence, loads });
  }
}

function encode(name: string, message: object): Uint8Array {
  const type = messages.lookupType(`previous.${name}`);
  return type.encode(type.fromObject(message)).finish();
}

function decodeLoads(value: Uint8Array): ReadonlyMap<string, number> {
  const type = messages.lookupType('previous.LoadReport');
  const { loads = [] } = type.toObject(type.decode(value)) as {
    loads?: { address: string; in_flight: number }[];
  };
  return new Map(loads.map(({ address, in_flight }) => [address, in_flight]));
}
