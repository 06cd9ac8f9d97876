/** A larger buffer with the same first `length` bytes: room for `needed`, and at least twice what it was. */
export function growBuffer(bytes: Buffer, length: number, needed: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafeSlow(Math.max(needed, bytes.length * 2));
  bytes.copy(larger, 0, 0, length);
  return larger;
}
