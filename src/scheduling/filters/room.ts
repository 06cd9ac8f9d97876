import type { Endpoint } from '../endpoint.ts';
import type { Load } from '../load.ts';

/** An endpoint runs fewer requests than it has slots. One without slots always has room. */
export function hasRoom({ address, slots }: Endpoint, load: Load): boolean {
  return slots === undefined || load.inFlight(address) < slots;
}

/** The endpoints with room; all of them where none has: a request is then queued by its pod. */
export function withRoom(endpoints: readonly Endpoint[], load: Load): readonly Endpoint[] {
  const roomy = endpoints.filter((endpoint) => hasRoom(endpoint, load));
  return roomy.length === 0 ? endpoints : roomy;
}
