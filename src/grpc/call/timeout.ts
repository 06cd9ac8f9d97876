const unitMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };
/** The longest wait a timer can hold. */
const longestMs = 2 ** 31 - 1;

/** The milliseconds that a `grpc-timeout` leaves, rounded up; undefined when it is none. */
export function timeoutMs(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  return Math.min(longestMs, Math.ceil(Number(digits) * (unitMs[unit] as number)));
}
