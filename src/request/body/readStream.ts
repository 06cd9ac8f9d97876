import type { BodyScan } from './bodyScan.ts';

/** The client asks for the response piece by piece. By default it does not. */
export function readStream(scan: BodyScan): boolean {
  return scan.value('stream') === true;
}
