import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/**
 * An API server of Kubernetes as far as Baton uses one, and strict about it: lists in pages,
 * watches with selectors and bookmarks, versions that are compacted away. It refuses what the real
 * one refuses: other methods and parameters, a wrong token, a page of a list that is too old.
 */
export interface ApiObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [more: string]: unknown;
  };
  readonly [more: string]: unknown;
}

export interface KubernetesApiOptions {
  readonly token?: string;
  readonly tls?: {
    readonly cert: Buffer;
    readonly key: Buffer;
    /** Only clients with a certificate of this authority may connect. */
    readonly clientCa?: Buffer;
  };
}

interface StoredEvent {
  readonly path: string;
  readonly version: number;
  readonly before: ApiObject | undefined;
  readonly after: ApiObject | undefined;
}

interface Watcher {
  readonly path: string;
  readonly matches: (object: ApiObject) => boolean;
  readonly bookmarks: boolean;
  readonly isMetadataOnly: boolean;
  readonly response: ServerResponse;
}

const known = new Set([
  ...['labelSelector', 'fieldSelector', 'limit', 'continue'],
  ...['watch', 'resourceVersion', 'allowWatchBookmarks', 'timeoutSeconds'],
]);

export class KubernetesApi {
  readonly requests: { readonly path: string; readonly query: Readonly<Record<string, string>> }[] = [];
  /** Answers instead of the API: a status with a message, or bytes that are no JSON. */
  fault: { readonly status: number; readonly message: string } | 'garbage' | undefined;
  token: string | undefined;
  /** Paths that the client's role does not allow. */
  readonly forbidden = new Set<string>();
  readonly #tls: KubernetesApiOptions['tls'];
  readonly #collections = new Map<string, Map<string, ApiObject>>();
  readonly #history: StoredEvent[] = [];
  readonly #watchers = new Set<Watcher>();
  #version = 100;
  #oldest = 100;
  #server: Server | undefined;
  #port = 0;

  constructor({ token, tls }: KubernetesApiOptions = {}) {
    this.token = token;
    this.#tls = tls;
  }

  get url(): string {
    return `${this.#tls ? 'https' : 'http'}://127.0.0.1:${this.#port}`;
  }

  get openWatches(): number {
    return this.#watchers.size;
  }

  /** Listens; on the same port again after `stop`. */
  async start(): Promise<this> {
    const listener = (request: IncomingMessage, response: ServerResponse) => this.#answer(request, response);
    this.#server = this.#tls ? createTlsServer(serverOptions(this.#tls), listener) : createServer(listener);
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  /** Every connection is cut, as when the machine of the API server dies. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  /** @param collection path of a list, such as `/api/v1/namespaces/models/pods` */
  put(collection: string, object: ApiObject): void {
    const objects = this.#of(collection);
    const before = objects.get(object.metadata.name);
    const after = this.#stamp(object);
    objects.set(object.metadata.name, after);
    this.#record({ path: collection, version: this.#version, before, after });
  }

  remove(collection: string, name: string): void {
    const before = this.#of(collection).get(name);
    if (before === undefined) throw new Error(`no object ${name}`);
    this.#of(collection).delete(name);
    const last = this.#stamp(before);
    this.#record({ path: collection, version: this.#version, before: last, after: undefined });
  }

  /** A collection that is empty, as of a kind that the cluster knows. */
  know(collection: string): void {
    this.#of(collection);
  }

  /** Older versions can be neither watched nor listed any more. */
  compact(): void {
    this.#version += 1;
    this.#oldest = this.#version;
    this.#history.length = 0;
  }

  bookmark(): void {
    for (const { bookmarks, response } of this.#watchers) {
      const object = { kind: 'Bookmark', metadata: { resourceVersion: String(this.#version) } };
      if (bookmarks) response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
    }
  }

  /** Ends the watches, cleanly or in the middle of the connection. */
  cutWatches(how: 'end' | 'destroy' = 'end'): void {
    for (const { response } of this.#watchers) {
      if (how === 'end') response.end();
      else response.destroy();
    }
    this.#watchers.clear();
  }

  /** Sends bytes on every watch. */
  sendRaw(text: string): void {
    for (const { response } of this.#watchers) response.write(text);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://api');
    const query = Object.fromEntries(url.searchParams);
    this.requests.push({ path: url.pathname, query });
    if (this.fault === 'garbage') response.end('<html>captive portal</html>');
    else if (this.fault !== undefined) refuse(response, this.fault.status, this.fault.message);
    else if (this.token !== undefined && request.headers.authorization !== `Bearer ${this.token}`)
      refuse(response, 401, 'Unauthorized');
    else if (this.forbidden.has(url.pathname))
      refuse(response, 403, `cannot list resource at ${url.pathname}`);
    else if (request.method !== 'GET') refuse(response, 405, 'the server does not allow this method');
    else if (!this.#collections.has(url.pathname))
      refuse(response, 404, 'the server could not find the requested resource');
    else {
      const stranger = Object.keys(query).find((name) => !known.has(name));
      if (stranger !== undefined) refuse(response, 400, `unknown parameter ${stranger}`);
      else if (query.watch === 'true') this.#watch(url.pathname, query, request, response);
      else this.#list(url.pathname, query, request, response);
    }
  }

  #list(
    path: string,
    query: Record<string, string>,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const [version = String(this.#version), from = '0'] = (query.continue ?? '').split(':').filter(Boolean);
    if (Number(version) < this.#oldest) {
      refuse(response, 410, 'The provided continue parameter is too old');
      return;
    }
    const all = [...this.#of(path).values()].filter(matcher(query));
    const limit = Number(query.limit ?? all.length);
    const end = Number(from) + limit;
    const rest = end < all.length ? { continue: `${version}:${end}` } : {};
    const metadata = { resourceVersion: version, ...rest };
    const form = asksForMetadata(request, 'List') ? metadataOf : (object: ApiObject) => object;
    send(response, 200, { kind: 'List', metadata, items: all.slice(Number(from), end).map(form) });
  }

  #watch(
    path: string,
    query: Record<string, string>,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const from = Number(query.resourceVersion);
    if (!Number.isInteger(from)) {
      refuse(response, 400, 'invalid resourceVersion');
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    if (from < this.#oldest) {
      const object = { kind: 'Status', code: 410, message: 'too old resource version' };
      response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
      return;
    }
    const watcher: Watcher = {
      path,
      matches: matcher(query),
      bookmarks: query.allowWatchBookmarks === 'true',
      isMetadataOnly: asksForMetadata(request, ''),
      response,
    };
    response.flushHeaders();
    for (const event of this.#history) if (event.version > from) sendEvent(watcher, event);
    this.#watchers.add(watcher);
    response.on('close', () => this.#watchers.delete(watcher));
  }

  #record(event: StoredEvent): void {
    this.#history.push(event);
    for (const watcher of this.#watchers) sendEvent(watcher, event);
  }

  #stamp(object: ApiObject): ApiObject {
    this.#version += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
  }

  #of(collection: string): Map<string, ApiObject> {
    let objects = this.#collections.get(collection);
    if (objects === undefined) {
      objects = new Map();
      this.#collections.set(collection, objects);
    }
    return objects;
  }
}

/** An object that no longer matches is deleted for the watcher. */
function sendEvent(
  { path, isMetadataOnly, matches, response }: Watcher,
  { path: of, before, after }: StoredEvent,
): void {
  if (path !== of) return;
  const was = before !== undefined && matches(before);
  const is = after !== undefined && matches(after);
  if (!was && !is) return;
  const type = is ? (was ? 'MODIFIED' : 'ADDED') : 'DELETED';
  // In two pieces, as a network may deliver it.
  const whole = (after ?? before) as ApiObject;
  const line = `${JSON.stringify({ type, object: isMetadataOnly ? metadataOf(whole) : whole })}\n`;
  response.write(line.slice(0, 20));
  response.write(line.slice(20));
}

function serverOptions({ cert, clientCa, key }: NonNullable<KubernetesApiOptions['tls']>) {
  const clients = clientCa && { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  return { cert, key, ...clients };
}

function asksForMetadata({ headers }: IncomingMessage, suffix: 'List' | ''): boolean {
  const form = `application/json;as=PartialObjectMetadata${suffix};g=meta.k8s.io;v=v1`;
  return (headers.accept ?? '').split(',').includes(form);
}

function metadataOf({ metadata }: ApiObject): ApiObject {
  return { kind: 'PartialObjectMetadata', metadata };
}

function matcher(query: Record<string, string>): (object: ApiObject) => boolean {
  const pairs = (text: string | undefined) =>
    (text ?? '')
      .split(',')
      .filter(Boolean)
      .map((one) => one.split('='));
  const labels = pairs(query.labelSelector);
  const fields = pairs(query.fieldSelector);
  return ({ metadata }) =>
    labels.every(([name = '', value]) => metadata.labels?.[name] === value) &&
    fields.every(([name, value]) => name === 'metadata.name' && metadata.name === value);
}

function refuse(response: ServerResponse, code: number, message: string): void {
  send(response, code, { kind: 'Status', status: 'Failure', message, code });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
