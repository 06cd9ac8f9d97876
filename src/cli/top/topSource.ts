import type { InstanceState } from '../../admin/state.ts';
import { reportOfState } from '../../admin/statusReport.ts';
import { summarizePods } from '../../admin/verdict/podSummary.ts';
import { verdictOf } from '../../admin/verdict/verdict.ts';
import { BatonError } from '../../errors.ts';
import { getJson } from '../getJson.ts';
import { type StatusSource, statusReport } from '../status.ts';
import type { TopReading } from './topState.ts';

const timeoutMs = 3_000;

/** Where `baton top` reads: some admin ports, of which one is asked at a time, or etcd. */
export interface TopSource {
  /** @throws BatonError when none of the sources answers */
  read(): Promise<TopReading>;
  /** The next reading asks the next instance. */
  turnToNext(): void;
}

/** One that does not answer is followed by the next, until one does or none is left. */
export class AdminSource implements TopSource {
  readonly #addresses: readonly string[];
  readonly #pool: string;
  #current = 0;

  constructor(addresses: readonly string[], pool: string) {
    this.#addresses = addresses;
    this.#pool = pool;
  }

  async read(): Promise<TopReading> {
    const failures: unknown[] = [];
    for (const _ of this.#addresses) {
      const address = this.#addresses[this.#current] ?? '';
      try {
        return await this.#readFrom(address);
      } catch (cause) {
        failures.push(cause);
        this.turnToNext();
      }
    }
    const cause = failures.length === 1 ? failures[0] : new AggregateError(failures);
    throw new BatonError('admin-unreachable', `no answer from ${this.#addresses.join(', ')}`, { cause });
  }

  turnToNext(): void {
    this.#current = (this.#current + 1) % this.#addresses.length;
  }

  async #readFrom(address: string): Promise<TopReading> {
    const state = (await getJson(`http://${address}/state`, timeoutMs)) as InstanceState;
    return {
      report: reportOfState(state, this.#pool, `admin ${address}`),
      verdict: verdictOf(state, summarizePods(state.pool)),
      decisions: totals(state),
      atMs: performance.now(),
    };
  }
}

/** Each reading is a new one, so an etcd that comes back is read again. */
export class EtcdSource implements TopSource {
  readonly #source: StatusSource;
  readonly #pool: string;

  constructor(source: StatusSource, pool: string) {
    this.#source = source;
    this.#pool = pool;
  }

  async read(): Promise<TopReading> {
    const report = await statusReport(this.#source, this.#pool);
    return { report, verdict: undefined, decisions: undefined, atMs: performance.now() };
  }

  turnToNext(): void {}
}

function totals({ instance, decisions }: InstanceState): TopReading['decisions'] {
  // An instance of an older release does not say.
  if (decisions === undefined) return undefined;
  const refused = Object.values(decisions.refused).reduce((sum, count) => sum + count, 0);
  return { id: instance.id, routed: decisions.routed, refused };
}
