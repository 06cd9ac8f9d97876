/**
 * A larger copy with the same first `length` bytes: at least `needed` long, and at least twice as
 * long.
 */
export function growBuffer(bytes: Buffer, length: number, needed: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafeSlow(Math.max(needed, bytes.length * 2));
  bytes.copy(larger, 0, 0, length);
  return larger;
}
