import { cpus } from 'node:os';

/** What ran the measurement, for whoever compares two of them. */
export const machine = {
  processors: cpus().length,
  model: cpus()[0]?.model ?? 'unknown',
  node: process.version,
} as const;

export function describeMachine(): string {
  return `${machine.processors} × ${machine.model}, Node ${machine.node}`;
}
