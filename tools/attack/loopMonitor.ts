import { appendFileSync } from 'node:fs';

/**
 * Runs inside of the instance (`node --import`): writes how long its event loop did not run. A
 * turn can last long because it works, or because others have the processors, so both times are
 * written. One line for each interval: time of day, longest gap, most processor time in a gap; in
 * ms.
 */
const tickMs = 2;
const writeEveryMs = 100;

const file = process.env.LOOP_MONITOR_FILE;
if (file !== undefined) monitor(file);

function monitor(path: string): void {
  let beforeMs = performance.now();
  let before = process.threadCpuUsage();
  let [longestMs, busiestMs] = [0, 0];
  setInterval(() => {
    const nowMs = performance.now();
    const now = process.threadCpuUsage();
    longestMs = Math.max(longestMs, nowMs - beforeMs - tickMs);
    busiestMs = Math.max(busiestMs, (now.user + now.system - before.user - before.system) / 1000);
    beforeMs = nowMs;
    before = now;
  }, tickMs).unref();
  setInterval(() => {
    appendFileSync(path, `${Date.now()} ${longestMs.toFixed(1)} ${busiestMs.toFixed(1)}\n`);
    [longestMs, busiestMs] = [0, 0];
  }, writeEveryMs).unref();
}
