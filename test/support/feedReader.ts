import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import type { FeedMessage, PodRow } from '../../src/admin/dashboard/feedMessage.ts';
import { eventually } from './eventually.ts';

/** Reads `/dashboard/feed` as the page does. */
export class FeedReader {
  readonly messages: FeedMessage[] = [];
  /** By address. */
  rows = new Map<string, PodRow>();
  isClosed = false;
  readonly #request: ClientRequest;
  readonly #response: IncomingMessage;

  private constructor(request: ClientRequest, response: IncomingMessage) {
    this.#request = request;
    this.#response = response;
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) if (event.startsWith('data: ')) this.#apply(JSON.parse(event.slice(6)));
    });
    response.on('close', () => {
      this.isClosed = true;
    });
    response.on('error', () => {});
  }

  /** @param url of the feed */
  static open(url: string): Promise<FeedReader> {
    return new Promise((resolve, reject) => {
      const request = get(url, { agent: false });
      request.on('error', reject);
      request.on('response', (response) => {
        if (response.statusCode === 200) return resolve(new FeedReader(request, response));
        response.resume();
        reject(new Error(`the feed answered ${response.statusCode}`));
      });
    });
  }

  async next(): Promise<FeedMessage> {
    const seen = this.messages.length;
    await eventually(() => this.messages.length > seen);
    return this.messages.at(-1) as FeedMessage;
  }

  get contentType(): string | undefined {
    return this.#response.headers['content-type'];
  }

  pause(): void {
    this.#response.pause();
  }

  resume(): void {
    this.#response.resume();
  }

  close(): void {
    this.#request.destroy();
  }

  #apply(message: FeedMessage): void {
    this.messages.push(message);
    if (message.kind === 'full') this.rows = new Map();
    for (const row of message.rows) this.rows.set(row.address, row);
    for (const address of message.gone) this.rows.delete(address);
  }
}
