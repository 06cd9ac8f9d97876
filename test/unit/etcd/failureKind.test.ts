import { status } from '@grpc/grpc-js';
import { castGrpcError } from 'etcd3';
import { failureKindOf } from '../../../src/etcd/failureKind.ts';

const grpcError = (code: status, message: string) =>
  castGrpcError(Object.assign(new Error(`${code} ${status[code]}: ${message}`), { code }));
/** As grpc-js words it. */
const noConnection = (error: string) =>
  grpcError(status.UNAVAILABLE, `No connection established. Last error: Error: ${error}`);

it.each([
  ['connect ECONNREFUSED 127.0.0.1:2379', 'connection'],
  ['connect EHOSTUNREACH 10.0.0.1:2379', 'connection'],
  ['connect EMFILE 127.0.0.1:2379 - Local (undefined:undefined)', 'local'],
  ['connect EADDRNOTAVAIL 127.0.0.1:2379', 'local'],
  ['connect EPERM 10.0.0.1:2379', 'local'],
])('%s is of the kind %s', (error, kind) => {
  expect(failureKindOf(noConnection(error))).toBe(kind);
});

it('what etcd says is never local, whatever it mentions', () => {
  expect(failureKindOf(grpcError(status.PERMISSION_DENIED, 'EPERM'))).toBe('refusal');
  expect(failureKindOf(grpcError(status.UNAVAILABLE, 'etcdserver: no leader'))).toBe('member');
});
