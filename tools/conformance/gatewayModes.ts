import type { ProtocolConfiguration } from '../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProtocolConfiguration.ts';

/** How the gateway that the suite stands in for is configured. */
export const gatewayModes = ['full-duplex', 'buffered', 'headers'] as const;
export type GatewayMode = (typeof gatewayModes)[number];

/** What Envoy says of its configuration in the first message of a stream, since 1.34. */
export const protocolConfigs: Readonly<Record<GatewayMode, ProtocolConfiguration>> = {
  'full-duplex': {
    request_body_mode: 'FULL_DUPLEX_STREAMED',
    response_body_mode: 'FULL_DUPLEX_STREAMED',
  },
  buffered: { request_body_mode: 'BUFFERED', response_body_mode: 'STREAMED' },
  headers: { request_body_mode: 'NONE', response_body_mode: 'NONE' },
};

/** The longest piece that is safe in full duplex, in bytes: some builds refuse 64 KiB. */
export const longestStreamedPiece = 62_000;
