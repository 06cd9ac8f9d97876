import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import type { ProcessingRequest } from '../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import { externalProcessorService } from '../../src/proto/services.ts';
import type { Random } from '../../src/scheduling/load.ts';
import { exponential } from '../../tools/simulator/seededRandom.ts';

/**
 * ext_proc streams opened directly on the instances, as Envoy opens them: headers, a reply, a
 * pause, the end. Open loop: a slow instance does not slow the load down. It ignores health, so
 * draining, paused and dead instances get streams as well.
 */
export interface StreamLoadOptions {
  /** `ip:port` of each instance. */
  readonly targets: readonly string[];
  /** For all instances together. */
  readonly streamsPerSecond: number;
  readonly meanHoldMs: number;
  /** The share of streams that are reset instead of ended. */
  readonly abortedShare: number;
  readonly endpoints: readonly string[];
  /** Endpoints that do not serve as usual. Default: all do. */
  readonly conduct?: ReadonlyMap<string, PodConduct>;
  readonly random: Random;
}

/** failing: answers 500 at once. hanging: holds its requests for a long time. */
export type PodConduct = 'failing' | 'hanging';

export const outcomes = ['ended', 'aborted', 'refused', 'lost', 'unanswered', 'unsent'] as const;

/**
 * ended, aborted: answered, held and then ended or reset. refused: ended by the instance without an
 * answer. lost: with their connection, or ended by the instance after the answer. unanswered: reset
 * after waiting. unsent: without a connection, or too many open.
 */
export type StreamOutcome = (typeof outcomes)[number];

const hangingMs = 4_000;
const tickMs = 10;
const answerTimeoutMs = 3_000;
const reconnectMs = 200;
const maxOpen = 10_000;

const headers = {
  ':method': 'POST',
  ':path': externalProcessorService.Process.path,
  te: 'trailers',
  'content-type': 'application/grpc',
};

export class StreamLoad {
  readonly counts: Record<StreamOutcome, number>;
  readonly #options: StreamLoadOptions;
  readonly #messages: readonly Buffer[];
  readonly #sessions = new Map<string, ClientHttp2Session>();
  readonly #open = new Set<ClientHttp2Stream>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #ticking: NodeJS.Timeout | undefined;
  #lastTickMs = 0;
  #due = 0;
  #next = 0;

  constructor(options: StreamLoadOptions) {
    this.#options = options;
    this.counts = Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<
      StreamOutcome,
      number
    >;
    this.#messages = Array.from({ length: 64 }, () => processingRequest(options));
  }

  get open(): number {
    return this.#open.size;
  }

  start(): void {
    for (const target of this.#options.targets) this.#connect(target);
    this.#lastTickMs = performance.now();
    this.#ticking = setInterval(() => this.#tick(), tickMs);
  }

  /** Opens no more streams; open ones run to their end. */
  pause(): void {
    clearInterval(this.#ticking);
  }

  /** Closes all open streams. */
  stop(): void {
    this.pause();
    for (const timer of this.#timers) clearTimeout(timer);
    for (const session of this.#sessions.values()) session.destroy();
    this.#sessions.clear();
  }

  #connect(target: string): void {
    const session = connect(`http://${target}`);
    this.#sessions.set(target, session);
    session.on('error', () => {});
    // After a GOAWAY open streams run to their end, and new ones need another connection.
    session.once('goaway', () => this.#connectLater(target, session));
    session.once('close', () => this.#connectLater(target, session));
  }

  #connectLater(target: string, old: ClientHttp2Session): void {
    if (this.#sessions.get(target) !== old) return;
    this.#sessions.delete(target);
    this.#after(reconnectMs, () => this.#connect(target));
  }

  #tick(): void {
    const { targets, streamsPerSecond, random } = this.#options;
    const nowMs = performance.now();
    // After a pause of this process the backlog is limited to one second.
    this.#due += (Math.min(nowMs - this.#lastTickMs, 1_000) / 1_000) * streamsPerSecond;
    this.#lastTickMs = nowMs;
    for (; this.#due >= 1; this.#due -= 1) {
      this.#next = (this.#next + 1) % targets.length;
      const session = this.#sessions.get(targets[this.#next] as string);
      const isUsable = session !== undefined && !session.connecting && !session.closed && !session.destroyed;
      if (!isUsable || this.#open.size >= maxOpen) this.counts.unsent += 1;
      else this.#openStream(session, this.#messages[Math.floor(random() * this.#messages.length)] as Buffer);
    }
  }

  #openStream(session: ClientHttp2Session, message: Buffer): void {
    const { meanHoldMs, abortedShare, random } = this.#options;
    // stream.close() would end the stream before the reset, which the server takes for an orderly
    // end.
    const reset = new AbortController();
    const stream = session.request(headers, { signal: reset.signal });
    let outcome: StreamOutcome | undefined;
    let answered = false;
    this.#open.add(stream);
    const overdue = this.#after(answerTimeoutMs, () => {
      outcome = 'unanswered';
      reset.abort();
    });
    stream.on('error', () => {});
    stream.on('data', (reply: Buffer) => {
      if (answered) return;
      answered = true;
      clearTimeout(overdue);
      const conduct = this.#conductOf(reply);
      if (conduct === 'failing') stream.write(failure);
      const holdMs = { failing: 2, hanging: hangingMs, usual: exponential(meanHoldMs, random) }[conduct];
      this.#after(holdMs, () => {
        if (stream.destroyed || stream.closed) return;
        outcome = random() < abortedShare ? 'aborted' : 'ended';
        if (outcome === 'aborted') reset.abort();
        else stream.end();
      });
    });
    stream.once('close', () => {
      clearTimeout(overdue);
      this.#timers.delete(overdue);
      this.#open.delete(stream);
      this.counts[outcome ?? (answered ? 'lost' : 'refused')] += 1;
    });
    stream.write(message);
  }

  /** The first address of a reply is the chosen one. */
  #conductOf(reply: Buffer): PodConduct | 'usual' {
    const { conduct } = this.#options;
    if (!conduct || conduct.size === 0) return 'usual';
    const [chosen = ''] = /127\.0\.0\.1:\d+/.exec(reply.toString('latin1')) ?? [];
    return conduct.get(chosen) ?? 'usual';
  }

  #after(ms: number, callback: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, ms);
    this.#timers.add(timer);
    return timer;
  }
}

/** About half of the messages have a subset hint. */
function processingRequest({ endpoints, random }: StreamLoadOptions): Buffer {
  const subset = endpoints.filter(() => random() < 0.3);
  const value = { stringValue: subset.join(',') };
  const isLimited = subset.length > 0 && random() < 0.5;
  const fields = { 'x-gateway-destination-endpoint-subset': value };
  return framed({
    request_headers: {
      headers: {
        headers: [
          { key: ':method', raw_value: Buffer.from('POST') },
          { key: ':path', raw_value: Buffer.from('/v1/chat/completions') },
        ],
      },
    },
    ...(isLimited && { metadata_context: { filter_metadata: { 'envoy.lb.subset_hint': { fields } } } }),
  });
}

/** Of a pod that fails. */
const failure = framed({
  response_headers: {
    headers: { headers: [{ key: ':status', raw_value: Buffer.from('500') }] },
    end_of_stream: true,
  },
});

function framed(request: ProcessingRequest): Buffer {
  const bytes = externalProcessorService.Process.requestSerialize(request);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}
