import { PeerProgress } from '../../../src/prefix/peerProgress.ts';
import { PlacementLog } from '../../../src/prefix/placementLog.ts';
import type { PodEntries } from '../../../src/prefix/podEntries.ts';
import type { PromptCuts } from '../../../src/request/promptCuts.ts';
import type { PlacedPrompts } from '../../../src/scheduling/placedPrompts.ts';
import type { VirtualClock } from '../virtualClock.ts';

export interface PlacementLogsOptions {
  readonly clock: VirtualClock;
  /** Between two writes of an instance. */
  readonly intervalMs: number;
  /** From an instance through etcd to the others. */
  readonly delayMs: number;
}

interface Member {
  readonly id: string;
  readonly placed: PlacedPrompts;
  readonly peers: PeerProgress;
}

interface WrittenPod {
  readonly address: string;
  readonly computedTokens: number;
  readonly entries: PodEntries;
}

/**
 * How instances tell each other where they sent prompts, made of the parts of the product, on a
 * network without bytes.
 */
export class PlacementLogs {
  readonly #options: PlacementLogsOptions;
  readonly #members = new Set<Member>();

  constructor(options: PlacementLogsOptions) {
    this.#options = options;
  }

  /**
   * @param readsBefore it begins with what another one knows, as with the snapshots in etcd
   * @returns what it is to call with each of its placements, and when it ends
   */
  join(
    id: string,
    placed: PlacedPrompts,
    readsBefore: boolean,
  ): { add: (address: string, prompt: PromptCuts, uncachedTokens: number) => void; leave: () => void } {
    const { clock, intervalMs } = this.#options;
    const [known] = this.#members;
    if (readsBefore && known !== undefined) this.#readSnapshots(known.placed, placed);
    const member = { id, placed, peers: new PeerProgress() };
    this.#members.add(member);
    const log = new PlacementLog();
    let lastMs = Number.NEGATIVE_INFINITY;
    const write = (): void => {
      lastMs = clock.nowMs();
      this.#write(member, log);
    };
    return {
      add: (address, prompt, uncachedTokens) => {
        if (log.isEmpty) clock.after(lastMs + intervalMs - clock.nowMs(), write);
        log.add(address, prompt, uncachedTokens);
      },
      leave: () => this.#members.delete(member),
    };
  }

  #readSnapshots(from: PlacedPrompts, to: PlacedPrompts): void {
    for (const address of from.addresses()) {
      const entries = from.prefixesOf(address)?.newestEntries(Number.POSITIVE_INFINITY);
      if (entries !== undefined) to.merge(address, entries, 0);
    }
  }

  #write(from: Member, log: PlacementLog): void {
    const written: WrittenPod[] = log
      .take(Number.POSITIVE_INFINITY)
      .flatMap(({ address, computedTokens, long, short }) => {
        const entries = from.placed.prefixesOf(address)?.entriesOf([...long, ...short]);
        return entries === undefined ? [] : [{ address, computedTokens, entries }];
      });
    this.#options.clock.after(this.#options.delayMs, () => this.#deliver(from, written));
  }

  #deliver(from: Member, written: readonly WrittenPod[]): void {
    for (const { id, placed, peers } of this.#members) {
      if (id === from.id) continue;
      for (const { address, computedTokens, entries } of written) {
        placed.merge(address, entries, peers.advance(from.id, 0, address, computedTokens));
      }
    }
  }
}
