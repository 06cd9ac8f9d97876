/**
 * Where prompts are cut: every 256 bytes up to 4 KiB, then 16 times for each doubling. 48 KB have
 * 73 cuts and 220 KB have 108, where blocks of 256 bytes would be 188 and 860; the length that is
 * found is at most a sixteenth too short, which is less than the estimate of tokens is wrong by.
 */
const shortestStep = 256;
const stepsPerDoubling = 16;

/** What is behind is not hashed: it bounds the work for one body. 144 cuts. */
export const mostHashedBytes = 1024 * 1024;

export const firstCutOffset = shortestStep;

/** @param offset of a cut, in bytes */
export function nextCutOffset(offset: number): number {
  const doubling = 2 ** Math.floor(Math.log2(offset));
  return offset + Math.max(shortestStep, doubling / stepsPerDoubling);
}
