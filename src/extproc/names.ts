/**
 * Names that Baton shares with Envoy and with those who call it: the Gateway API endpoint picker
 * protocol's, and AIBrix's where clients already use them.
 */

/**
 * Request header and `envoy.lb` key that name the chosen endpoint, then the alternates:
 * `ip:port[,ip:port…]`.
 */
export const destinationHeader = 'x-gateway-destination-endpoint';
/** Namespace of the reply's dynamic metadata. */
export const destinationNamespace = 'envoy.lb';
/** Namespace and key of the request metadata that limits a request to some endpoints. */
export const subsetNamespace = 'envoy.lb.subset_hint';
export const subsetKey = 'x-gateway-destination-endpoint-subset';
/** Request header that names the policy (AIBrix). */
export const policyHeader = 'routing-strategy';
/** W3C Trace Context. */
export const traceHeader = 'traceparent';

/** The ext_proc service, as gRPC and gRPC health name it. */
export const externalProcessorName = 'envoy.service.ext_proc.v3.ExternalProcessor';
