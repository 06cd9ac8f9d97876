import { cpus } from 'node:os';

/** The machine of a measurement, to compare two of them. */
export const machine = {
  processors: cpus().length,
  model: cpus()[0]?.model ?? 'unknown',
  node: process.version,
} as const;

export function describeMachine(): string {
  return `${machine.processors} × ${machine.model}, Node ${machine.node}`;
}
