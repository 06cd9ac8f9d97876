/** Durations of Prometheus in rules: of `for`, and of ranges such as `[5m]`. */
const duration = /(?<=\bfor: |\[)(\d+)([smhd])\b/g;
const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

export interface Compression {
  /** A second stands for so many. 1: nothing is changed. */
  readonly factor: number;
  /** No duration is longer than this afterwards. */
  readonly mostSeconds: number;
}

/**
 * The shipped rules with their durations divided, so that a fault of seconds is one of minutes.
 * Thresholds stay. Pure: text in, text out.
 */
export function compressRules(rules: string, { factor, mostSeconds }: Compression): string {
  return rules.replaceAll(duration, (_, count: string, unit: string) => {
    const seconds = (Number(count) * (secondsOf[unit] as number)) / factor;
    return `${Math.round(1000 * Math.min(seconds, mostSeconds))}ms`;
  });
}
