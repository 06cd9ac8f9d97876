import { ClientRuntimeError } from 'etcd3';

const libraries = /[\\/]node_modules[\\/](etcd3|@grpc[\\/]grpc-js)[\\/]/;
const programmingErrors = [TypeError, RangeError, ReferenceError];

/**
 * Did etcd's client, or the gRPC library below it, throw what only a bug causes? An answer of etcd
 * and a lost connection are other errors. After a bug the client must be replaced: a stream whose
 * handler threw delivers nothing more.
 */
export function isClientBug(error: unknown): boolean {
  if (error instanceof ClientRuntimeError) return true;
  return programmingErrors.some((type) => error instanceof type) && libraries.test(stackOf(error));
}

function stackOf(error: unknown): string {
  return (error as Error).stack ?? '';
}
