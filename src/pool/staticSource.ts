import { invalidEndpoints } from './endpointProblems.ts';
import { HostResolver, type HostResolverOptions } from './hostResolver.ts';
import { parseEndpoints } from './parseEndpoint.ts';
import type { EndpointSource, OnEndpoints } from './pool.ts';

/** The endpoints listed in the configuration. Only the addresses behind host names ever change. */
export class StaticSource implements EndpointSource {
  readonly name = 'static';
  readonly #list: readonly unknown[];
  readonly #options: HostResolverOptions;
  #resolver: HostResolver | undefined;

  /** @param list addresses, or mappings `{ address, weight?, labels?, models?, slots? }` */
  constructor(list: readonly unknown[], options: HostResolverOptions) {
    this.#list = list;
    this.#options = options;
  }

  /** @throws BatonError `endpoints-invalid` */
  async start(onEndpoints: OnEndpoints): Promise<void> {
    const { endpoints, problems } = parseEndpoints(this.#list, 'pool.endpoints');
    if (problems.length > 0) throw invalidEndpoints('the configured list of endpoints', problems);
    this.#resolver = new HostResolver(this.name, this.#options, onEndpoints);
    await this.#resolver.use(endpoints);
  }

  async stop(): Promise<void> {
    this.#resolver?.stop();
  }
}
