import { setImmediate } from 'node:timers/promises';
import { type ClientDuplexStream, status } from '@grpc/grpc-js';
import type { ProcessingRequest } from '../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { ProcessingResponse__Output } from '../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';

/** A message for a picker: encoded already where it is not what a codec would write. */
export type PickerMessage = ProcessingRequest | Buffer;

export type StreamedEvent =
  | { readonly kind: 'reply'; readonly reply: ProcessingResponse__Output }
  /** The stream is over. */
  | { readonly kind: 'ended'; readonly code: number; readonly details: string };

/** No event came in time. */
export const silence = { kind: 'silent' } as const;

/** What a picker may send on one stream: more than any case makes it send. */
const mostReplies = 100_000;
const mostBytes = 64 * 1_048_576;

/**
 * One ext_proc stream, as a gateway has it: what was received, in order. Every wait has an end, and
 * a picker that sends without end is cut off.
 */
export class PickerStream {
  readonly #stream: ClientDuplexStream<PickerMessage, ProcessingResponse__Output>;
  readonly #timeoutMs: number;
  readonly #events: StreamedEvent[] = [];
  #read = 0;
  #bytes = 0;
  #isOver = false;
  #wake: () => void = () => {};

  constructor(stream: ClientDuplexStream<PickerMessage, ProcessingResponse__Output>, timeoutMs: number) {
    this.#stream = stream;
    this.#timeoutMs = timeoutMs;
    stream.on('data', (reply: ProcessingResponse__Output) => this.#onReply(reply));
    // The status says it.
    stream.on('error', () => {});
    stream.on('status', ({ code, details }) => this.#add({ kind: 'ended', code, details }));
  }

  /** Everything that was received, also what was not waited for. */
  get events(): readonly StreamedEvent[] {
    return this.#events;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves when the picker takes more, or the stream is over, or time is up. */
  async send(message: PickerMessage): Promise<void> {
    if (this.#isOver || this.#stream.write(message)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#stream.off('drain', done).off('status', done);
        resolve();
      };
      const timer = setTimeout(done, this.#timeoutMs);
      this.#stream.once('drain', done).once('status', done);
    });
  }

  /** The next event, or silence. */
  async next(timeoutMs = this.#timeoutMs): Promise<StreamedEvent | typeof silence> {
    if (this.#read === this.#events.length && !this.#isOver) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const event = this.#events[this.#read];
    if (event === undefined) return this.#isOver ? (this.#events.at(-1) as StreamedEvent) : silence;
    this.#read += 1;
    return event;
  }

  /** No more messages follow. */
  halfClose(): void {
    if (!this.#isOver) this.#stream.end();
  }

  /**
   * Resets the stream, as when a client leaves. Harmless where it is over. Not in this turn: a call
   * of grpc-js that is cancelled in the turn in which it was made stays open on the connection.
   */
  async abort(): Promise<void> {
    await setImmediate();
    this.#stream.cancel();
  }

  /** The stream's end after a half-close, or silence. Replies before it are in `events`. */
  async ended(timeoutMs?: number): Promise<Extract<StreamedEvent, { kind: 'ended' }> | typeof silence> {
    for (;;) {
      const event = await this.next(timeoutMs);
      if (event.kind !== 'reply') return event;
    }
  }

  #onReply(reply: ProcessingResponse__Output): void {
    const body = reply.request_body ?? reply.response_body;
    this.#bytes += body?.response?.body_mutation?.streamed_response?.body?.length ?? 0;
    this.#add({ kind: 'reply', reply });
    if (this.#events.length < mostReplies && this.#bytes < mostBytes) return;
    this.#add({ kind: 'ended', code: status.CANCELLED, details: 'it sent more than any exchange has' });
    this.#stream.cancel();
  }

  #add(event: StreamedEvent): void {
    if (this.#isOver) return;
    this.#isOver = event.kind === 'ended';
    this.#events.push(event);
    this.#wake();
  }
}
