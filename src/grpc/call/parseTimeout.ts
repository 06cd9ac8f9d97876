const unitMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };
/** The longest delay of a timer in Node. */
const maxMs = 2 ** 31 - 1;

/** The milliseconds of a `grpc-timeout`, rounded up; undefined when it is invalid. */
export function parseTimeout(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  return Math.min(maxMs, Math.ceil(Number(digits) * (unitMs[unit] as number)));
}
