/** Runs `step` repeatedly for some time; returns the median of its duration in µs. */
export function medianMicros(step: () => void, forMs = 300): number {
  const micros: number[] = [];
  const endMs = performance.now() + forMs;
  for (let beganMs = performance.now(); beganMs < endMs; beganMs = performance.now()) {
    step();
    micros.push((performance.now() - beganMs) * 1000);
  }
  // The first half was the warm-up.
  const warm = micros.slice(micros.length >> 1).sort((a, b) => a - b);
  return warm[warm.length >> 1] ?? Number.NaN;
}

/** The same for a step shorter than the resolution of the clock. */
export function medianMicrosOfShort(step: () => void): number {
  const times = 200;
  const together = medianMicros(() => {
    for (let i = 0; i < times; i += 1) step();
  });
  return together / times;
}

export function print(what: string, value: number, unit: string): void {
  process.stdout.write(`${what.padEnd(64)} ${value.toFixed(value < 100 ? 2 : 0).padStart(9)} ${unit}\n`);
}
