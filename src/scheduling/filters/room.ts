import type { Endpoint } from '../endpoint.ts';
import type { Filter } from '../filter.ts';
import type { Load } from '../load.ts';

export const roomFilter: Filter = {
  name: 'room',
  summary: 'leaves the endpoints with a free slot; all of them where none has one: the pod then queues',
  apply(_request, endpoints, { load }) {
    const roomy = endpoints.filter((endpoint) => hasRoom(endpoint, load));
    return roomy.length === 0 || roomy.length === endpoints.length ? endpoints : roomy;
  },
  byLoad: {
    concerns: (endpoints) => endpoints.some(({ slots }) => slots !== undefined),
    admits: hasRoom,
  },
};

/** An endpoint runs fewer requests than it has slots. One without slots always has room. */
function hasRoom({ address, slots }: Endpoint, load: Load): boolean {
  return slots === undefined || load.inFlight(address) < slots;
}
