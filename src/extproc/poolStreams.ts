import type { ServerStream, ServerStreamListener } from '../grpc/serverStream.ts';
import { MalformedMessage } from '../proto/wire/wireReader.ts';
import { choosePool, type PoolMatch } from '../request/choosePool.ts';
import type { Exchanges } from './exchanges.ts';
import type { WithoutPoolReason } from './metrics.ts';
import { ProcessingRequestReader } from './processingRequestReader.ts';
import { noPoolReply } from './replies.ts';

/** The exchanges of a pool, and which requests are for it. */
export interface MatchedExchanges {
  readonly matches: readonly PoolMatch[];
  readonly exchanges: Pick<Exchanges, 'accept' | 'open'>;
}

export interface PoolStreamsOptions {
  /** The first that matches takes the request. */
  readonly pools: readonly MatchedExchanges[];
  /** Of all pools together; further ones fail with RESOURCE_EXHAUSTED. */
  readonly maxStreams: number;
  readonly onWithoutPool: (why: WithoutPoolReason) => void;
}

/**
 * Streams of a port that serves several pools: the first message of each chooses the pool, whose
 * exchanges take the stream as if it had just arrived. One that is for no pool is answered with
 * 404.
 */
export class PoolStreams {
  readonly #options: PoolStreamsOptions;
  /** Streams without a message yet. */
  #waiting = 0;

  constructor(options: PoolStreamsOptions) {
    this.#options = options;
  }

  accept(stream: ServerStream): ServerStreamListener {
    const { maxStreams, onWithoutPool, pools } = this.#options;
    const open = pools.reduce((sum, { exchanges }) => sum + exchanges.open, this.#waiting);
    if (open >= maxStreams) {
      onWithoutPool('overloaded');
      stream.fail('RESOURCE_EXHAUSTED', `limits.maxStreams (${maxStreams}) is reached`);
      return nothing;
    }
    this.#waiting += 1;
    let chosen: ServerStreamListener | undefined;
    const choose = (take: () => ServerStreamListener): ServerStreamListener => {
      this.#waiting -= 1;
      chosen = nothing; // What is thrown ends the stream.
      chosen = take();
      return chosen;
    };
    return {
      onMessage: (message) => {
        (chosen ?? choose(() => this.#listenerFor(message, stream))).onMessage(message);
      },
      onLongMessage: (firstByte) => chosen?.onLongMessage?.(firstByte),
      onEnd: () => {
        if (chosen !== undefined) return chosen.onEnd();
        choose(() => nothing);
        stream.end();
      },
      onClosed: (how) => (chosen ?? choose(() => nothing)).onClosed(how),
    };
  }

  #listenerFor(message: Buffer, stream: ServerStream): ServerStreamListener {
    const { onWithoutPool, pools } = this.#options;
    const nth = placeOf(message, pools);
    const pool = nth === undefined ? undefined : pools[nth];
    if (pool !== undefined) return pool.exchanges.accept(stream);
    onWithoutPool('unmatched');
    stream.reply(noPoolReply);
    return { ...nothing, onEnd: () => stream.end() };
  }
}

/** A message that says nothing of a request is the first pool's to refuse. */
function placeOf(message: Buffer, pools: readonly MatchedExchanges[]): number | undefined {
  try {
    const reader = new ProcessingRequestReader(message);
    return reader.kind === 'request_headers' ? choosePool(reader, pools) : 0;
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    return 0;
  }
}

const nothing: ServerStreamListener = { onMessage() {}, onEnd() {}, onClosed() {} };
