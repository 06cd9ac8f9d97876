import { join } from 'node:path';
import { loadSync, type Options, type PackageDefinition } from '@grpc/proto-loader';
import { packageRoot } from '../packageRoot.ts';

/**
 * Reads files of the project's proto folder into message and service definitions. Not here: what is
 * loaded and with which options (services.ts, stateCodecs.ts). The options change what messages
 * look like, so they must be those of scripts/generate-types.sh.
 */
const protoFolder = join(packageRoot(), 'proto');

/**
 * What all messages have in common: field names as in the .proto files, enum values by name (an
 * unknown value stays a number), 64-bit integers as numbers. All such integers here are counters,
 * generations and milliseconds, far below 2^53.
 */
const shared: Options = { keepCase: true, enums: String, longs: Number, includeDirs: [protoFolder] };

/**
 * @param files paths below proto/
 * @param options what differs between the families of messages: `defaults`, `oneofs`
 */
export function loadProto(files: string[], options: Options): PackageDefinition {
  return loadSync(files, { ...shared, ...options });
}
