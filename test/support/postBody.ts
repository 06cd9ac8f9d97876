import { type ClientRequest, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HttpExchangeResult, responseTo } from './sendHttp.ts';

export interface PostOptions {
  /** With it the length is announced in `content-length`, else the body is sent in chunks. */
  readonly announcesLength?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** Between two pieces. */
  readonly gapMs?: number;
}

/** A POST of JSON whose body is sent as it is given: in pieces, or not to its end. */
export class Upload {
  readonly #call: ClientRequest;
  readonly answer: Promise<HttpExchangeResult>;

  /** @param bytes what `content-length` announces; undefined: the body is sent in chunks */
  constructor(url: string, bytes: number | undefined, headers: Readonly<Record<string, string>> = {}) {
    this.#call = request(url, {
      agent: false,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(bytes !== undefined && { 'content-length': String(bytes) }),
        ...headers,
      },
    });
    this.answer = responseTo(this.#call);
    // An upload that is aborted has none.
    this.answer.catch(() => {});
    this.#call.flushHeaders();
  }

  send(piece: Buffer): void {
    this.#call.write(piece);
  }

  end(): Promise<HttpExchangeResult> {
    this.#call.end();
    return this.answer;
  }

  abort(): void {
    this.#call.destroy();
  }
}

/** @throws Error when there is no complete response */
export async function postBody(
  url: string,
  pieces: readonly Buffer[],
  { announcesLength = true, headers, gapMs = 0 }: PostOptions = {},
): Promise<HttpExchangeResult> {
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  const upload = new Upload(url, announcesLength ? bytes : undefined, headers);
  for (const [nth, piece] of pieces.entries()) {
    if (nth > 0 && gapMs > 0) await sleep(gapMs);
    upload.send(piece);
  }
  return upload.end();
}
