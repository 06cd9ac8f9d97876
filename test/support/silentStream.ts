import type { ServerStream } from '../../src/grpc/serverStream.ts';

/** The stream of an exchange in a test that reads no reply. */
export const silentStream: ServerStream = {
  connection: undefined,
  traceparent: undefined,
  reply() {},
  replyOf() {},
  end() {},
  fail() {},
};
