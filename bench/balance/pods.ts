import { type Podsim, startPodsim } from '../../tools/podsim/server.ts';
import { tokenMs } from './requests.ts';

/**
 * Many simulated pods in one process, because processors are scarce. Prints ten times a second how
 * many requests each has, queued ones included: one line of JSON per sample.
 *
 * node pods.ts SLOTS PORT…
 */
const sampleEveryMs = 100;

const [slots, ...ports] = process.argv.slice(2).map(Number);
const pods: Podsim[] = [];
for (const [index, port] of ports.entries()) {
  const traits = { id: `pod-${index + 1}`, slots: slots ?? 1, ttftMs: tokenMs, tokenMs };
  pods.push(await startPodsim({ ...traits, port }));
}
process.stdout.write('listening\n');
setInterval(() => {
  const inFlight = pods.map((pod) => {
    const { running, waiting } = pod.state();
    return running + waiting;
  });
  process.stdout.write(`${JSON.stringify({ atUnixMs: Date.now(), inFlight })}\n`);
}, sampleEveryMs);
