import type { GrpcServerKind } from '../../src/grpc/openGrpcServer.ts';
import type { BatonSettings } from '../../tools/testbed/baton.ts';

const both: readonly GrpcServerKind[] = ['builtin', 'grpc-js'];

/** The `server.transport` of instances under test: `make e2e TRANSPORT=grpc-js` changes it. */
export const serverKind: GrpcServerKind = chosenKind() ?? 'builtin';

/** For the tests that exercise the server most: both, or only the one that TRANSPORT names. */
export const serverKinds: readonly GrpcServerKind[] = chosenKind() === undefined ? both : [serverKind];

/** The settings of an instance on this server: the reference server cannot leave responses. */
export function serverSettings(kind: GrpcServerKind): BatonSettings {
  return { server: { transport: kind }, ...(kind === 'grpc-js' && { gateway: { responses: 'count' } }) };
}

function chosenKind(): GrpcServerKind | undefined {
  const { TRANSPORT: name } = process.env;
  if (name === undefined || name === '') return undefined;
  const kind = both.find((each) => each === name);
  if (kind === undefined) throw new Error(`TRANSPORT=${name}: expected one of ${both.join(', ')}`);
  return kind;
}
