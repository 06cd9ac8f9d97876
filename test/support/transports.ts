import type { TransportKind } from './echoTransport.ts';

const both: readonly TransportKind[] = ['builtin', 'grpc-js'];

/** `make e2e TRANSPORT=grpc-js`: what instances speak gRPC with where a test says nothing else. */
export const transport: TransportKind = chosen() ?? 'builtin';

/** For the tests that exercise the transport most, which are run on each. With TRANSPORT given, on that one. */
export const transports: readonly TransportKind[] = chosen() === undefined ? both : [transport];

function chosen(): TransportKind | undefined {
  const { TRANSPORT: name } = process.env;
  if (name === undefined || name === '') return undefined;
  const kind = both.find((each) => each === name);
  if (kind === undefined) throw new Error(`TRANSPORT=${name}: expected one of ${both.join(', ')}`);
  return kind;
}
