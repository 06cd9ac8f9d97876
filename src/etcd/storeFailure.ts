import {
  EtcdAuthenticationFailedError,
  EtcdError,
  EtcdInvalidAuthTokenError,
  EtcdPermissionDeniedError,
  GRPCGenericError,
} from 'etcd3';
import { ConnectionClosedError, failureKindOf } from './failureKind.ts';

/** `GRPCGenericError` is the base of the errors that stand for a gRPC status. */
const etcdErrors = [
  EtcdError,
  EtcdAuthenticationFailedError,
  EtcdInvalidAuthTokenError,
  EtcdPermissionDeniedError,
  GRPCGenericError,
  ConnectionClosedError,
];

/** What an error of a request to etcd means. undefined: it is not etcd's, but a bug. */
export function storeFailureOf(error: unknown): 'unreachable' | 'refused' | undefined {
  if (!etcdErrors.some((type) => error instanceof type)) return undefined;
  const kind = failureKindOf(error);
  return kind === 'connection' || kind === 'local' ? 'unreachable' : 'refused';
}
