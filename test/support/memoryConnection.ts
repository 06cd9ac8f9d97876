import { BufferBudget } from '../../src/grpc/http2/bufferBudget.ts';
import { Connection } from '../../src/grpc/http2/connection.ts';
import type { ConnectionOptions } from '../../src/grpc/http2/connectionOptions.ts';
import { FairTurns } from '../../src/grpc/http2/fairTurns.ts';
import { failOnErrors } from './failOnErrors.ts';
import { generousLimits, generousTotalLimits } from './generousLimits.ts';
import type { MemorySocket } from './memorySocket.ts';

/** A connection on a socket in memory, which answers each request with status 200 when it ends. */
export function connectionOn(socket: MemorySocket, changes: Partial<ConnectionOptions> = {}): Connection {
  return new Connection(socket, {
    route: () => (stream) => ({ onData() {}, onEnd: () => stream.end(Buffer.from([0x88])), onClosed() {} }),
    headersTooLarge: Buffer.alloc(0),
    limits: generousLimits,
    maxPartialBytes: generousTotalLimits.bufferBytes,
    buffers: new BufferBudget(generousTotalLimits.bufferBytes),
    turns: new FairTurns(() => 0),
    nowMs: () => 0,
    keepaliveTimeMs: 1000,
    keepaliveTimeoutMs: 1000,
    onClosed() {},
    onReachedLimit() {},
    onForeignProtocol() {},
    onUnexpectedError: failOnErrors.report,
    ...changes,
  });
}
