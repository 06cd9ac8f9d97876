import { soak } from '../soak/soak.ts';
import { checkForLeaks } from '../support/leakCheck.ts';

/** A short one of what `make soak` does for half an hour. */
checkForLeaks();

it('counts nothing and leaves nothing in etcd after load and faults', async () => {
  const lines: string[] = [];
  const report = await soak({
    seconds: 20,
    seed: 7,
    streamsPerSecond: 300,
    gapMs: [200, 1_500],
    print: (line) => lines.push(line),
  });
  if (report.failure !== undefined) throw new Error(`${lines.join('\n')}\n${report.failure}`);
  expect(report.faults.length).toBeGreaterThan(0);
}, 600_000);
