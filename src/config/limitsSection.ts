import { section } from './section.ts';
import { wholeNumber } from './validators.ts';

/**
 * Limits of the builtin transport for one connection; generous, because Envoy is a trusted proxy.
 */
const connectionLimits = section({
  streams: wholeNumber(1, 2_147_483_647).default(100_000).describe('Streams open at once on one connection'),
  headerBytes: wholeNumber(1024, 1_048_576)
    .default(65_536)
    .describe('The largest header list of one gRPC request'),
  resetsPerSecond: wholeNumber(1).default(20_000).describe('Streams a connection may reset'),
  controlFramesPerSecond: wholeNumber(1)
    .default(1000)
    .describe('PING and SETTINGS frames it may send, beyond one PING for each frame of content that it gets'),
  emptyFramesPerSecond: wholeNumber(1).default(1000).describe('Frames without content it may send'),
});

/** The limits of one instance. */
export const limits = section({
  maxStreams: wholeNumber(1).default(100_000).describe('Requests in flight at once'),
  connections: wholeNumber(1)
    .default(10_000)
    .describe(
      'Connections at once, each with a file descriptor: above it a new one displaces one without a stream, or is refused',
    ),
  bufferBytes: wholeNumber(1_048_576)
    .default(134_217_728)
    .describe(
      'What all connections may make it hold (partial messages, waiting input, unread output): above it the one that holds most is closed. As much again for bodies of model aliases: above it they are answered with 503',
    ),
  bufferedBodyBytes: wholeNumber(0)
    .default(1_048_576)
    .describe(
      'The longest request body that Envoy must buffer as a whole, where a decision needs it: no more than its buffer limit, above which it answers 413. Of longer ones it sends what fits',
    ),
  connection: connectionLimits.prefault({}),
});
