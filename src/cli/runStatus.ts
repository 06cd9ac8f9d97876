import { readStatusReport, type StatusReportOptions } from '../admin/readStatusReport.ts';
import type { InstanceState } from '../admin/state.ts';
import { reportOfState, type StatusReport } from '../admin/statusReport.ts';
import { statusTable } from '../admin/statusTable.ts';

/** The wait for an admin port. */
const timeoutMs = 5_000;
/** EX_UNAVAILABLE of sysexits.h. */
const exitUnavailable = 69;

export interface StatusOptions {
  readonly pool: string;
  readonly json: boolean;
  /** `host:port` of an instance's admin port. One of this and `etcd` is given; this one counts more. */
  readonly admin?: string;
  /** The shared store, as the configuration has it; the pool's name is added to the prefix. */
  readonly etcd?: StatusReportOptions;
  /** Standard output and standard error unless given. */
  readonly out?: (text: string) => void;
  readonly err?: (text: string) => void;
}

/**
 * `baton status`: instances, their phases and the load they see, from one instance or from the shared store.
 *
 * @returns the exit code: 0, or 69 when who was asked does not answer
 */
export async function runStatus(options: StatusOptions): Promise<number> {
  const {
    json,
    out = (text) => process.stdout.write(text),
    err = (text) => process.stderr.write(text),
  } = options;
  const asked = options.admin ?? options.etcd?.endpoints.join(', ') ?? 'nobody';
  try {
    const report = await ask(options);
    out(json ? `${JSON.stringify(report, null, 2)}\n` : statusTable(report));
    return 0;
  } catch (cause) {
    err(`baton: ${asked} cannot tell the status: ${describe(cause)}\n`);
    return exitUnavailable;
  }
}

function ask({ admin, etcd, pool }: StatusOptions): Promise<StatusReport> {
  if (admin !== undefined) return askAdmin(admin, pool);
  if (etcd !== undefined) return readStatusReport(etcd, pool);
  throw new Error('neither an admin port nor etcd was named');
}

async function askAdmin(address: string, pool: string): Promise<StatusReport> {
  if (address === 'off') throw new Error('this configuration has no admin port; name one with --admin');
  const response = await fetch(`http://${address}/state`, { signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) throw new Error(`it answered ${response.status}`);
  return reportOfState((await response.json()) as InstanceState, pool, `admin ${address}`);
}

/** An error with the errors that caused it, outermost first. */
function describe(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return String(error);
  const inner = 'cause' in error && error.cause !== undefined ? `: ${describe(error.cause)}` : '';
  return `${error.message}${inner}`;
}
