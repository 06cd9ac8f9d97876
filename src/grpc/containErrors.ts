import type { MessageParts, ServerStream, ServerStreamListener, StreamHandler } from './serverStream.ts';

/**
 * What threw an error that nothing handles: the handler of a call, or the code of a connection,
 * which is closed then.
 */
export type ErrorSource = 'call' | 'connection';

/** Receives such an error. Must not throw. */
export type OnUnexpectedError = (error: unknown, source: ErrorSource) => void;

/** The error becomes a warning of the process, which Node prints with its stack. */
export const warnOfError: OnUnexpectedError = (error) => {
  process.emitWarning(error instanceof Error ? error : String(error));
};

/**
 * The same handler. Whatever it or its listener throws is reported and fails its call with
 * INTERNAL; the listener's `onClosed` runs as after any other failure. Other calls go on.
 */
export function containErrors(handler: StreamHandler, report: OnUnexpectedError): StreamHandler {
  return (stream) => new ContainedCall(stream, report).begin(handler);
}

class ContainedCall implements ServerStreamListener, MessageParts {
  readonly #stream: ServerStream;
  readonly #report: OnUnexpectedError;
  takesOneMessage = false;
  #listener: ServerStreamListener | undefined;
  #parts: MessageParts | undefined;

  constructor(stream: ServerStream, report: OnUnexpectedError) {
    this.#stream = stream;
    this.#report = report;
  }

  begin(handler: StreamHandler): this {
    try {
      this.#listener = handler(this.#stream);
      this.takesOneMessage = this.#listener.takesOneMessage === true;
    } catch (error) {
      this.#fail(error);
    }
    return this;
  }

  onMessage(message: Buffer): void {
    try {
      this.#listener?.onMessage(message);
    } catch (error) {
      this.#fail(error);
    }
  }

  onLongMessage(firstByte: number): MessageParts | undefined {
    try {
      this.#parts = this.#listener?.onLongMessage?.(firstByte);
    } catch (error) {
      this.#fail(error);
    }
    return this.#parts === undefined ? undefined : this;
  }

  onPart(bytes: Buffer, start: number, end: number): void {
    try {
      this.#parts?.onPart(bytes, start, end);
    } catch (error) {
      this.#fail(error);
    }
  }

  onWhole(): void {
    try {
      this.#parts?.onWhole();
    } catch (error) {
      this.#fail(error);
    }
  }

  onEnd(): void {
    try {
      this.#listener?.onEnd();
    } catch (error) {
      this.#fail(error);
    }
  }

  onClosed(how: 'cancelled' | 'error'): void {
    const listener = this.#listener;
    this.#listener = undefined;
    this.#parts = undefined;
    try {
      listener?.onClosed(how);
    } catch (error) {
      this.#report(error, 'call');
    }
  }

  #fail(error: unknown): void {
    this.#report(error, 'call');
    this.onClosed('error');
    this.#stream.fail('INTERNAL', 'internal error');
  }
}
