import type { PoolReport } from '../../../src/pool/pool.ts';

/** Records what a source reports. */
export class RecordedReport implements PoolReport {
  readonly counts: string[] = [];
  readonly infos: { fields: Record<string, unknown>; message: string }[] = [];
  readonly warnings: { fields: Record<string, unknown>; message: string }[] = [];
  readonly log = {
    info: (fields: object, message: string) => void this.infos.push({ fields: { ...fields }, message }),
    warn: (fields: object, message: string) => void this.warnings.push({ fields: { ...fields }, message }),
  };

  count(problem: string, source: string): void {
    this.counts.push(`${problem} ${source}`);
  }

  get reasons(): unknown[] {
    return this.warnings.map(({ fields }) => fields.reason);
  }
}
