import type { PoolReport } from '../../../src/pool/pool.ts';

/** A PoolReport that remembers. */
export class RecordedReport implements PoolReport {
  readonly counts: string[] = [];
  readonly infos: { fields: Record<string, unknown>; message: string }[] = [];
  readonly warnings: { fields: Record<string, unknown>; message: string }[] = [];
  readonly log = {
    info: (fields: object, message: string) => void this.infos.push({ fields: { ...fields }, message }),
    warn: (fields: object, message: string) => void this.warnings.push({ fields: { ...fields }, message }),
  };

  count(trouble: string, source: string): void {
    this.counts.push(`${trouble} ${source}`);
  }

  get reasons(): unknown[] {
    return this.warnings.map(({ fields }) => fields.reason);
  }
}
