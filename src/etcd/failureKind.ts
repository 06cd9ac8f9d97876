import {
  GRPCCancelledError,
  GRPCDataLossError,
  GRPCDeadlineExceededError,
  GRPCInternalError,
  GRPCResourceExhastedError,
  GRPCUnavailableError,
  GRPCUnknownError,
} from 'etcd3';
import { BatonError } from '../errors.ts';
import { mentionsLocalFailure } from '../localFailure.ts';

/** The connection was closed while a call was open on it. */
export class ConnectionClosedError extends Error {
  override readonly name = 'ConnectionClosedError';
}

/**
 * What an error says about the member that returned it.
 *
 * - `connection`: nothing came from etcd, so the connection is bad;
 * - `member`: etcd responds and cannot serve now, such as without a leader;
 * - `refusal`: any other member would return it too;
 * - `local`: this process or machine could not ask, which says nothing of the member.
 */
export type FailureKind = 'connection' | 'member' | 'refusal' | 'local';

export function failureKindOf(error: unknown): FailureKind {
  // A file with a certificate cannot be read; or what gRPC says of a socket that could not connect.
  if (error instanceof BatonError) return 'local';
  if (error instanceof GRPCUnavailableError && mentionsLocalFailure(error.message)) return 'local';
  if (error instanceof ConnectionClosedError || error instanceof GRPCDeadlineExceededError)
    return 'connection';
  if (
    error instanceof GRPCUnavailableError ||
    error instanceof GRPCInternalError ||
    error instanceof GRPCCancelledError ||
    error instanceof GRPCUnknownError
  ) {
    return error.message.includes('etcdserver:') ? 'member' : 'connection';
  }
  return 'refusal';
}

/** etcd refuses every write until an alarm is disarmed, and answers reads: it has no space left. */
export function refusesWrites(error: unknown): boolean {
  return error instanceof GRPCResourceExhastedError || error instanceof GRPCDataLossError;
}
