import fc from 'fast-check';
import { buildAssignment, type PoolAssignment } from '../../src/eds/assignment.ts';
import { Assignments } from '../../src/eds/assignments.ts';
import { DeltaSubscription } from '../../src/eds/deltaSubscription.ts';
import { readDeltaRequest, readStateRequest } from '../../src/eds/discoveryRequest.ts';
import { encodeDeltaResponse, encodeStateResponse } from '../../src/eds/discoveryResponse.ts';
import type { PublishedHealth } from '../../src/eds/lbEndpoint.ts';
import { StateSubscription } from '../../src/eds/stateSubscription.ts';
import { endpointDiscoveryService } from '../../src/proto/services.ts';
import { readAssignment, TestPool } from '../support/publishedPool.ts';

const { DeltaEndpoints, StreamEndpoints } = endpointDiscoveryService;
const served = new Set(['a', 'b', 'c']);
type Held = Map<string, Record<string, string>>;

/** A client of either protocol over encoded messages: what it holds is what Envoy would hold. */
abstract class Client {
  readonly held: Held = new Map();
  readonly wanted = new Set<string>();
  pending: { nonce: string } | undefined;
  #nonces = 0;
  protected readonly nonce = (): string => `n${++this.#nonces}`;

  abstract change(name: string): void;
  abstract receive(current: Assignments): void;
  abstract answer(): void;

  protected toggle(name: string): boolean {
    if (this.wanted.delete(name)) {
      this.held.delete(name);
      return false;
    }
    this.wanted.add(name);
    return true;
  }
}

class StateClient extends Client {
  readonly #subscription = new StateSubscription(served);
  #last = '';

  change(name: string): void {
    this.toggle(name);
    this.#send(this.#last);
  }

  receive(current: Assignments): void {
    const due = this.#subscription.next(current, this.nonce);
    if (due === undefined) return;
    const response = StreamEndpoints.responseDeserialize(encodeStateResponse(due, current));
    this.pending = { nonce: response.nonce ?? '' };
    for (const any of response.resources ?? []) this.#hold(any as unknown as { value: Buffer });
  }

  answer(): void {
    if (this.pending === undefined) return;
    this.#last = this.pending.nonce;
    this.pending = undefined;
    this.#send(this.#last);
  }

  #hold({ value }: { value: Buffer }): void {
    const { cluster, endpoints } = readAssignment(value);
    if (this.wanted.has(cluster)) this.held.set(cluster, endpoints);
  }

  #send(nonce: string): void {
    const message = { resource_names: [...this.wanted], response_nonce: nonce };
    this.#subscription.onRequest(readStateRequest(StreamEndpoints.requestSerialize(message)));
  }
}

class DeltaClient extends Client {
  #subscription = new DeltaSubscription(served);
  readonly #versions = new Map<string, string>();

  constructor() {
    super();
    this.#send({ resource_names_subscribe: ['none'] });
  }

  change(name: string): void {
    if (this.toggle(name)) this.#send({ resource_names_subscribe: [name] });
    else {
      this.#versions.delete(name);
      this.#send({ resource_names_unsubscribe: [name] });
    }
  }

  receive(current: Assignments): void {
    const due = this.#subscription.next(current, this.nonce);
    if (due === undefined) return;
    const response = DeltaEndpoints.responseDeserialize(encodeDeltaResponse(due, current));
    this.pending = { nonce: response.nonce ?? '' };
    for (const { name = '', resource, version = '' } of response.resources ?? []) {
      const { cluster, endpoints } = readAssignment((resource as unknown as { value: Buffer }).value);
      expect(cluster).toBe(name);
      if (!this.wanted.has(name)) continue;
      this.held.set(name, endpoints);
      this.#versions.set(name, version);
    }
  }

  answer(): void {
    if (this.pending === undefined) return;
    const { nonce } = this.pending;
    this.pending = undefined;
    this.#send({ response_nonce: nonce });
  }

  /** The stream breaks, and the next one is to another instance. */
  reconnect(): void {
    this.#subscription = new DeltaSubscription(served);
    this.pending = undefined;
    const names = this.wanted.size === 0 ? ['none'] : [...this.wanted];
    this.#send({
      resource_names_subscribe: names,
      initial_resource_versions: Object.fromEntries(this.#versions),
    });
  }

  #send(message: Parameters<typeof DeltaEndpoints.requestSerialize>[0]): void {
    this.#subscription.onRequest(readDeltaRequest(DeltaEndpoints.requestSerialize(message)));
  }
}

const address = fc.integer({ min: 1, max: 6 }).map((i) => `10.0.0.${i}:8000`);
const health = fc.constantFrom<PublishedHealth>('healthy', 'unhealthy', 'unknown');
const nth = fc.constantFrom(0, 1);
const step = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), nth, address, health, zone: fc.constantFrom('', 'a', 'b') }),
  fc.record({ kind: fc.constant('remove' as const), nth, address }),
  fc.record({ kind: fc.constant('change' as const), name: fc.constantFrom(...served) }),
  fc.record({ kind: fc.constant('answer' as const) }),
  fc.record({ kind: fc.constant('reconnect' as const) }),
);

function assignmentOfPool(pool: TestPool): PoolAssignment {
  const steps = buildAssignment(pool.endpoints());
  let next = steps.next();
  while (!next.done) next = steps.next();
  return next.value;
}

describe('endpoint discovery', () => {
  it('brings clients of both protocols to the same pools, whatever happens on the way', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const pools = [new TestPool(), new TestPool()] as const;
        const poolOf = (cluster: string) => pools[cluster === 'c' ? 1 : 0];
        const state = new StateClient();
        const delta = new DeltaClient();
        const receive = () => {
          const [first, second] = pools.map(assignmentOfPool) as [PoolAssignment, PoolAssignment];
          const current = new Assignments([
            { clusters: ['a', 'b'], assignment: first },
            { clusters: ['c'], assignment: second },
          ]);
          for (const client of [state, delta]) client.receive(current);
        };
        for (const one of steps) {
          if (one.kind === 'put') {
            const labels = one.zone === '' ? {} : { zone: one.zone };
            (pools[one.nth] as TestPool).set(one.address, one.health, { labels });
          } else if (one.kind === 'remove') pools[one.nth]?.all.delete(one.address);
          else if (one.kind === 'reconnect') delta.reconnect();
          else
            for (const client of [state, delta])
              one.kind === 'answer' ? client.answer() : client.change(one.name);
          receive();
        }
        // Both answer what is under way, until nothing is.
        for (let i = 0; i < 4; i += 1) {
          for (const client of [state, delta]) client.answer();
          receive();
        }
        const expected = new Map([...state.wanted].sort().map((name) => [name, poolOf(name).expected()]));
        for (const { held, pending } of [state, delta]) {
          expect(new Map([...held].sort())).toEqual(expected);
          expect(pending).toBeUndefined();
        }
      }),
      { numRuns: 300 },
    );
  });
});
