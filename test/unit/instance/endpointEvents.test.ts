import { EventLog } from '../../../src/admin/eventLog.ts';
import { endpointEvents } from '../../../src/instance/endpointEvents.ts';

it('adds an event for an endpoint that fails its probes and that passes them again, not for a new one', () => {
  const events = new EventLog({ now: () => new Date(0) });
  const onVerdict = endpointEvents(events);
  const address = '10.0.0.1:80';
  onVerdict({ address, healthy: true, reason: 'HTTP 200' });
  onVerdict({ address, healthy: false, reason: 'HTTP 503' });
  onVerdict({ address, healthy: true, reason: 'HTTP 200' });
  expect(events.list().map(({ kind, message }) => [kind, message])).toEqual([
    ['endpoint', '10.0.0.1:80 fails its probes: HTTP 503'],
    ['endpoint', '10.0.0.1:80 passes its probes again'],
  ]);
});
