import type { BodyScan } from './bodyScan.ts';
import { readBodyText } from './readBodyText.ts';

/** The name of the model or adapter, exactly as the client wrote it. */
export function readModelFromBody(scan: BodyScan): string | undefined {
  return readBodyText(scan, 'model');
}
