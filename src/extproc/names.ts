/** Names that Baton shares with Envoy. Those that a request is read by are in src/request. */

/**
 * Header and metadata key that name the chosen endpoint, then the alternates: `ip:port[,ip:port…]`
 * (Gateway API endpoint picker protocol).
 */
export const destinationHeader = 'x-gateway-destination-endpoint';
/** Namespace of that metadata. */
export const destinationNamespace = 'envoy.lb';

/** The ext_proc service, as gRPC and gRPC health name it. */
export const externalProcessorName = 'envoy.service.ext_proc.v3.ExternalProcessor';

/** The conformance tests of the Gateway API inference extension choose pods by it. */
export const conformanceSelectionHeader = 'test-epp-endpoint-selection';
/** Tells them which pod served. */
export const conformanceServedHeader = 'x-conformance-test-served-endpoint';

/** A request with it gets a response with it, where the configuration allows that. */
export const explainHeader = 'x-baton-explain';
