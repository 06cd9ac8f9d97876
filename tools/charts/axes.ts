/** Scales, ticks and paths of charts. Pure arithmetic and SVG path text. */
export type Scale = (value: number) => number;

export function scale(from: readonly [number, number], to: readonly [number, number]): Scale {
  const [low, high] = from;
  const span = high - low || 1;
  return (value) => Math.round(10 * (to[0] + ((value - low) / span) * (to[1] - to[0]))) / 10;
}

/** The smallest of 1, 2, 5, 10, 20, … with which this number of steps reaches the value. */
export function niceStep(value: number, steps: number): number {
  const least = value / steps;
  if (!(least > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((each) => each * power >= least * 0.999_999) ?? 10;
  return factor * power;
}

/** Distances of time ticks. */
const timeStepsMs = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600].map(
  (seconds) => seconds * 1000,
);

/** Times to label: from 0, at most `most` of them. */
export function timeTicks(endMs: number, most: number): number[] {
  const last = timeStepsMs.at(-1) as number;
  const stepMs = timeStepsMs.find((step) => endMs / step <= most) ?? last * Math.ceil(endMs / last / most);
  return Array.from({ length: Math.floor(endMs / stepMs) + 1 }, (_, index) => index * stepMs);
}

/** `45 s`, `2:30`, `1:00:00`. */
export function formatElapsed(atMs: number): string {
  const seconds = Math.round(atMs / 1000);
  if (seconds < 60) return `${seconds} s`;
  const padded = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${padded(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${padded(minutes % 60)}:${padded(seconds % 60)}`;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A line through the points, broken where one is undefined. */
export function linePath(points: readonly (Point | undefined)[]): string {
  let isDrawing = false;
  const parts: string[] = [];
  for (const point of points) {
    if (point) parts.push(`${isDrawing ? 'L' : 'M'}${point.x} ${point.y}`);
    isDrawing = point !== undefined;
  }
  return parts.join('');
}

/** The area between two lines of the same length. */
export function areaPath(upper: readonly Point[], lower: readonly Point[]): string {
  if (upper.length === 0) return '';
  const corners = [...upper, ...lower.toReversed()].map(({ x, y }) => `${x} ${y}`);
  return `M${corners.join('L')}Z`;
}
