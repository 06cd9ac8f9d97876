import { plainRequest, type SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Endpoint } from './endpoint.ts';
import { type FilterStep, filterStep } from './explanation.ts';
import { type Candidates, type Filter, type FilterContext, isEndpoints } from './filter.ts';

type LoadFilter = Filter & Required<Pick<Filter, 'byLoad'>>;

/** The candidates of `plainRequest`, and what they were found from. */
interface PlainCandidates {
  readonly ready: readonly Endpoint[];
  readonly all: readonly Endpoint[];
  readonly quarantined: ReadonlySet<string>;
  readonly candidates: Candidates;
}

/**
 * Applies the filters in their order. Those that do not read the load are pure functions of the
 * request and the pool, so for the request that asks for nothing they are applied once for each
 * change of the pool.
 */
export class CandidateFinder {
  readonly #context: FilterContext;
  readonly #filters: readonly Filter[];
  readonly #allLoadFilters: readonly LoadFilter[];
  #plain: PlainCandidates | undefined;
  #ready: readonly Endpoint[] | undefined;
  /** Those that concern the ready endpoints. */
  #loadFilters: readonly LoadFilter[] = [];

  constructor(filters: readonly Filter[], context: FilterContext) {
    this.#context = context;
    this.#filters = filters.filter((filter) => !isLoadFilter(filter));
    this.#allLoadFilters = filters.filter(isLoadFilter);
  }

  /** The ready endpoints that every filter leaves whatever the load, or the first rejection. */
  find(request: SchedulingRequest): Candidates {
    const ready = this.#context.ready();
    return request === plainRequest ? this.#findPlain(ready) : this.#filter(request, ready);
  }

  /** Could a filter by load remove an endpoint that `find` leaves? */
  get hasLoadFilters(): boolean {
    const ready = this.#context.ready();
    if (ready !== this.#ready) {
      this.#ready = ready;
      this.#loadFilters = this.#allLoadFilters.filter(({ byLoad }) => byLoad.concerns(ready));
    }
    return this.#loadFilters.length > 0;
  }

  /** Do all filters by load leave this endpoint? To be called after `hasLoadFilters`. */
  admits(endpoint: Endpoint): boolean {
    const { load } = this.#context;
    return this.#loadFilters.every(({ byLoad }) => byLoad.admits(endpoint, load));
  }

  /** What the filters by load leave; at least one. To be called after `hasLoadFilters`. */
  filterByLoad(request: SchedulingRequest, endpoints: readonly Endpoint[]): readonly Endpoint[] {
    return this.#loadFilters.reduce((left, filter) => {
      const next = filter.apply(request, left, this.#context);
      return isEndpoints(next) ? next : left;
    }, endpoints);
  }

  /** Applies every filter, with what each of them removed. */
  trace(request: SchedulingRequest): {
    readonly filters: readonly FilterStep[];
    readonly candidates: readonly Endpoint[];
  } {
    const steps: FilterStep[] = [];
    let candidates = this.#context.ready();
    if (candidates.length === 0) return { filters: steps, candidates };
    for (const filter of [...this.#filters, ...this.#allLoadFilters]) {
      const result = filter.apply(request, candidates, this.#context);
      const left = isEndpoints(result) ? result : [];
      steps.push(filterStep(filter.name, candidates, left));
      candidates = left;
      if (left.length === 0) break;
    }
    return { filters: steps, candidates };
  }

  #findPlain(ready: readonly Endpoint[]): Candidates {
    const all = this.#context.all();
    const quarantined = this.#context.quarantined();
    const known = this.#plain;
    if (
      known !== undefined &&
      known.ready === ready &&
      known.all === all &&
      known.quarantined === quarantined
    )
      return known.candidates;
    const candidates = this.#filter(plainRequest, ready);
    this.#plain = { ready, all, quarantined, candidates };
    return candidates;
  }

  #filter(request: SchedulingRequest, ready: readonly Endpoint[]): Candidates {
    if (ready.length === 0) return { kind: 'no-ready-endpoint' };
    let candidates = ready;
    for (const filter of this.#filters) {
      const left = filter.apply(request, candidates, this.#context);
      if (!isEndpoints(left)) return left;
      candidates = left;
    }
    return candidates;
  }
}

function isLoadFilter(filter: Filter): filter is LoadFilter {
  return filter.byLoad !== undefined;
}
