import type { OnForeignProtocol } from '../foreignProtocol.ts';
import type { BufferBudget } from './bufferBudget.ts';
import type { FairTurns } from './fairTurns.ts';
import type { KeepaliveOptions } from './keepalive.ts';
import type { OnReachedLimit } from './limits.ts';
import type { SessionOptions } from './session.ts';

export interface ConnectionOptions
  extends Omit<SessionOptions, 'onFinished' | 'onUnfinished' | 'contain'>,
    KeepaliveOptions {
  readonly turns: FairTurns;
  readonly buffers: BufferBudget;
  readonly onReachedLimit: OnReachedLimit;
  /** The socket is closed, and all its streams have ended. */
  readonly onClosed: () => void;
  readonly onForeignProtocol: OnForeignProtocol;
  /** Receives an error that is no ConnectionError. It ends the connection. */
  readonly onUnexpectedError: (error: unknown) => void;
}
