import type { Endpoint } from '../endpoint.ts';
import type { Filter, FilterContext } from '../filter.ts';

const nothing: ReadonlySet<string> = new Set();

/** No endpoint is in quarantine, ever. */
export const noQuarantine: Pick<FilterContext, 'quarantined' | 'maxQuarantinedShare'> = {
  quarantined: () => nothing,
  maxQuarantinedShare: 0,
};

interface Result {
  readonly quarantined: ReadonlySet<string>;
  readonly left: readonly Endpoint[];
}

/** By the array of endpoints, which is replaced at each change. */
const results = new WeakMap<readonly Endpoint[], Result>();

export const quarantineFilter: Filter = {
  name: 'quarantine',
  summary: 'leaves out endpoints whose responses fail (`signals`), as long as enough others remain',
  apply(_request, endpoints, context) {
    const quarantined = context.quarantined();
    if (quarantined.size === 0) return endpoints;
    const known = results.get(endpoints);
    if (known?.quarantined === quarantined) return known.left;
    const left = withoutQuarantined(endpoints, quarantined, context.maxQuarantinedShare);
    results.set(endpoints, { quarantined, left });
    return left;
  },
};

/**
 * At least one endpoint remains.
 *
 * @param quarantined those that come first are left out first
 * @param maxShare at most this share is left out, within [0, 1]
 */
export function withoutQuarantined(
  endpoints: readonly Endpoint[],
  quarantined: ReadonlySet<string>,
  maxShare: number,
): readonly Endpoint[] {
  const most = Math.min(Math.floor(endpoints.length * maxShare), endpoints.length - 1);
  if (most <= 0) return endpoints;
  const known = new Set(endpoints.map(({ address }) => address));
  const out = new Set([...quarantined].filter((address) => known.has(address)).slice(0, most));
  return out.size === 0 ? endpoints : endpoints.filter(({ address }) => !out.has(address));
}
