type EventListener = (method: string, parameters: object) => void;

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** A connection to a browser by its DevTools protocol: JSON over one WebSocket. */
export class DevtoolsConnection {
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Map<string, EventListener>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#receive(JSON.parse(String(data))));
    socket.addEventListener('close', () => {
      for (const { reject } of this.#pending.values()) reject(new Error('the browser has gone'));
      this.#pending.clear();
    });
  }

  static open(url: string): Promise<DevtoolsConnection> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      socket.addEventListener('open', () => resolve(new DevtoolsConnection(socket)));
      socket.addEventListener('error', () => reject(new Error(`no connection to ${url}`)));
    });
  }

  /** @throws Error what the browser answers in place of a result */
  send<Result>(method: string, parameters: object = {}, sessionId?: string): Promise<Result> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#socket.send(JSON.stringify({ id, method, params: parameters, sessionId }));
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
    });
  }

  onEvent(sessionId: string, listener: EventListener): void {
    this.#listeners.set(sessionId, listener);
  }

  close(): void {
    this.#socket.close();
  }

  #receive(message: {
    readonly id?: number;
    readonly method?: string;
    readonly params?: object;
    readonly sessionId?: string;
    readonly result?: unknown;
    readonly error?: { readonly message: string };
  }): void {
    const { id, method, params = {}, sessionId, result, error } = message;
    if (id === undefined) {
      if (method !== undefined) this.#listeners.get(sessionId ?? '')?.(method, params);
      return;
    }
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error) pending?.reject(new Error(error.message));
    else pending?.resolve(result as never);
  }
}
