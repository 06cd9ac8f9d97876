import type { MeasuredBodies } from '../../../bench/body/measure.ts';
import { batonName, pickerName } from '../../../bench/body/setups.ts';
import { bodyTable } from '../../../bench/body/table.ts';
import { aloneName } from '../../../bench/setups.ts';

describe('the table of bench-body', () => {
  const load = { bodyBytes: 32_000, clients: 20 };
  const one = (setup: string, round: number, perSecond: number, schedulerCpuUs: number | null) =>
    ({
      ...load,
      ...{ setup, round, perSecond, schedulerCpuUs },
      ...{ p50Ms: perSecond / 10, p99Ms: 1, envoyCpuUs: 1, failed: round },
    }) satisfies MeasuredBodies;

  it('compares figures of the same round, and sums up failures', () => {
    const measured = [
      one(aloneName, 1, 400, null),
      one(pickerName, 1, 100, 800),
      one(batonName, 1, 200, 200),
      one(batonName, 2, 90, 300),
      one(pickerName, 2, 30, 600),
      one(aloneName, 2, 300, null),
    ];
    const [, , ofBaton] = bodyTable(measured, [load], [batonName]);
    const [, , , perSecond, toPicker, , overAlone, , cpu, cpuToPicker, , failed] = ofBaton
      ?.split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()) ?? [''];
    expect({ perSecond, toPicker, overAlone, cpu, cpuToPicker, failed }).toEqual({
      perSecond: '200 (90–200)',
      toPicker: '3.00 (2.00–3.00)',
      overAlone: '-20.0 (-21.0–-20.0)',
      cpu: '300 (200–300)',
      cpuToPicker: '0.50 (0.25–0.50)',
      failed: '3',
    });
  });
});
