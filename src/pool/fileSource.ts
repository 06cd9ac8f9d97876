import { reasonOfFileError } from '../boundedFile.ts';
import { BatonError } from '../errors.ts';
import { type ContentChange, type FileContent, WatchedFile } from '../watchedFile.ts';
import { HostResolver, type HostResolverOptions } from './hostResolver.ts';
import type { ParsedEndpoint } from './parseEndpoint.ts';
import { parseEndpointFile } from './parseEndpointFile.ts';
import type { EndpointSource, OnEndpoints } from './pool.ts';

/**
 * The endpoints listed in a YAML file, read again when it changes. A broken edit keeps the last
 * good list and logs the reason, once for each reason.
 */
export interface FileSourceOptions extends HostResolverOptions {
  /** Time between two comparisons of the file's identity and times (1000). */
  readonly pollMs?: number;
}

export class FileSource implements EndpointSource {
  readonly name: string;
  readonly #path: string;
  readonly #options: FileSourceOptions;
  readonly #file: WatchedFile<{ endpoints: string }, readonly ParsedEndpoint[]>;
  readonly #stopping = new AbortController();
  #resolver: HostResolver | undefined;

  constructor(path: string, options: FileSourceOptions) {
    this.#path = path;
    this.#options = options;
    this.name = `file ${path}`;
    this.#file = new WatchedFile({
      files: { endpoints: path },
      parse: (files) => this.#parse(files.endpoints),
      onContent: (endpoints, change) => this.#use(endpoints, change),
      onProblem: (error) => this.#reportProblem(error),
      pollMs: options.pollMs ?? 1000,
    });
  }

  /** @throws BatonError `endpoints-unreadable` or `endpoints-invalid` */
  async start(onEndpoints: OnEndpoints): Promise<void> {
    this.#resolver = new HostResolver(this.name, this.#options, onEndpoints);
    try {
      await this.#file.start();
    } catch (error) {
      this.#resolver.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#resolver?.stop();
    await this.#file.stop();
  }

  async #parse(content: FileContent): Promise<readonly ParsedEndpoint[]> {
    if (content.kind === 'unreadable') {
      const { error } = content;
      throw new BatonError(
        'endpoints-unreadable',
        `${this.name} cannot be read: ${reasonOfFileError(error)}`,
        {
          cause: error,
        },
      );
    }
    return parseEndpointFile(content.text, this.name, this.#stopping.signal);
  }

  async #use(endpoints: readonly ParsedEndpoint[], change: ContentChange): Promise<void> {
    await this.#resolver?.use(endpoints);
    const fields = { file: this.#path, entries: endpoints.length };
    const { log } = this.#options.report;
    if (change === 'recovered')
      log.info({ event: 'endpoints-file.recovered', ...fields }, 'endpoints file is valid again');
    else log.info({ event: 'endpoints-file.loaded', ...fields }, 'endpoints file loaded');
  }

  #reportProblem({ message }: Error): void {
    const { report } = this.#options;
    report.count('broken-file', this.name);
    report.log.warn(
      { event: 'endpoints-file.invalid', file: this.#path, reason: message },
      'endpoints file cannot be used; the last good list stays in use',
    );
  }
}
