import type { EventLog } from '../admin/eventLog.ts';
import type { HealthChange } from '../pool/pool.ts';

/**
 * Adds an event when an endpoint fails its probes, with the reason, and when it passes them again.
 * An endpoint that is new and healthy is no event: a large pool would push out all others.
 */
export function endpointEvents(events: EventLog): (change: HealthChange) => void {
  const failing = new Set<string>();
  return ({ address, healthy, reason }) => {
    if (healthy && !failing.delete(address)) return;
    if (!healthy) failing.add(address);
    const message = healthy ? `${address} passes its probes again` : `${address} fails its probes: ${reason}`;
    events.add('endpoint', message, { endpoint: address, healthy, reason });
  };
}
