import {
  EtcdAuthenticationFailedError,
  EtcdError,
  EtcdInvalidAuthTokenError,
  EtcdPermissionDeniedError,
  GRPCCancelledError,
  GRPCDeadlineExceededError,
  GRPCGenericError,
  GRPCUnavailableError,
} from 'etcd3';

const unreachable = [GRPCUnavailableError, GRPCDeadlineExceededError, GRPCCancelledError];

/** `GRPCGenericError` is the base of the errors that stand for a gRPC status. */
const refused = [
  EtcdError,
  EtcdAuthenticationFailedError,
  EtcdInvalidAuthTokenError,
  EtcdPermissionDeniedError,
  GRPCGenericError,
];

/** What an error of a request to etcd means. undefined: it is not etcd's, but a bug. */
export function storeFailureOf(error: unknown): 'unreachable' | 'refused' | undefined {
  if (unreachable.some((type) => error instanceof type)) return 'unreachable';
  return refused.some((type) => error instanceof type) ? 'refused' : undefined;
}
