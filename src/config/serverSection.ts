import { section } from './section.ts';
import { serverTls } from './tlsSections.ts';
import { boolean, listenAddress, oneOf, wholeNumber } from './validators.ts';

/**
 * A part of a response body, where Baton asks for it, is at most what Envoy reads at once from a
 * pod: the buffer of a connection (1 MiB by default) and one more read (128 KiB). The headers of a
 * request are at most 60 KiB by default, and the hint of a subset 64 KiB. In bytes.
 */
const largestPlainMessage = 1_310_720;

/** The gRPC port. */
export const server = section({
  address: listenAddress({ orOff: false })
    .default('127.0.0.1:9002')
    .describe('The address for Envoy (ext_proc and gRPC health)'),
  healthAddress: listenAddress({ orOff: true })
    .default('off')
    .describe('A second address for gRPC health alone, in plain text, for probes: host:9003, or off'),
  transport: oneOf(['builtin', 'grpc-js'])
    .default('builtin')
    .describe('The gRPC server: the builtin one, or grpc-js, which needs gateway.responses: count'),
  workers: wholeNumber(1, 64)
    .default(1)
    .describe('Processes that share the port; each is an instance (needs etcd and the builtin transport)'),
  maxMessageBytes: wholeNumber(1024, 2_147_483_647)
    .default(largestPlainMessage)
    .describe('The largest message accepted from Envoy: 1 MiB for a part of a response, and headers'),
  acceptsCompressed: boolean()
    .default(false)
    .describe('Accept messages compressed with gzip or deflate, which Envoy does not send by default'),
  tls: serverTls.prefault({}),
});
