import { z } from 'zod';

/**
 * The fields of the gateways' own kinds that the documents use, written down from the published
 * definitions (CRDs). Not those definitions: no npm package in use has them. What this finds are
 * misspelt names, fields in the wrong place and values of the wrong form; what a cluster checks
 * beyond that, such as rules between fields, it does not know. The manifests of Gateway, HTTPRoute,
 * DestinationRule and EnvoyFilter were once also held against @kubernetes-models/gateway-api 2.0.0
 * and @kubernetes-models/istio 3.0.1, which have no InferencePool and nothing of Envoy Gateway.
 */
const text = z.string().min(1);
const port = z.int().min(1).max(65_535);
const labels = z.record(text, z.string());
const metadata = z.strictObject({
  name: text,
  namespace: text.optional(),
  labels: labels.optional(),
  annotations: labels.optional(),
});
const duration = z.string().regex(/^([0-9]{1,5}(h|m|s|ms)){1,4}$/);
const headerMatch = z.strictObject({
  type: z.enum(['Exact', 'RegularExpression']).optional(),
  name: text,
  value: text,
});
const kindOf = <Spec extends z.ZodType>(apiVersion: string, kind: string, spec: Spec) =>
  z.strictObject({ apiVersion: z.literal(apiVersion), kind: z.literal(kind), metadata, spec });

const parentRef = z.strictObject({
  group: z.literal('gateway.networking.k8s.io').optional(),
  kind: z.literal('Gateway').optional(),
  name: text,
  namespace: text.optional(),
  sectionName: text.optional(),
});
/** A Service with its port, or an InferencePool, which has none. */
const backendRef = z.union([
  z.strictObject({ name: text, namespace: text.optional(), port, weight: z.int().optional() }),
  z.strictObject({
    group: z.literal('inference.networking.k8s.io'),
    kind: z.literal('InferencePool'),
    name: text,
    weight: z.int().optional(),
  }),
]);

const inferencePool = kindOf(
  'inference.networking.k8s.io/v1',
  'InferencePool',
  z.strictObject({
    selector: z.strictObject({ matchLabels: labels }),
    targetPorts: z
      .array(z.strictObject({ number: port }))
      .min(1)
      .max(8),
    endpointPickerRef: z.strictObject({
      group: z.string().optional(),
      kind: text.optional(),
      name: text,
      port: z.strictObject({ number: port }),
      failureMode: z.enum(['FailOpen', 'FailClose']).optional(),
    }),
  }),
);

const gatewayKind = kindOf(
  'gateway.networking.k8s.io/v1',
  'Gateway',
  z.strictObject({
    gatewayClassName: text,
    listeners: z
      .array(z.strictObject({ name: text, protocol: z.enum(['HTTP', 'HTTPS', 'TLS', 'TCP', 'UDP']), port }))
      .min(1),
  }),
);

const httpRoute = kindOf(
  'gateway.networking.k8s.io/v1',
  'HTTPRoute',
  z.strictObject({
    parentRefs: z.array(parentRef).min(1),
    hostnames: z.array(text).optional(),
    rules: z.array(
      z.strictObject({
        matches: z
          .array(
            z.strictObject({
              path: z
                .strictObject({ type: z.enum(['Exact', 'PathPrefix', 'RegularExpression']), value: text })
                .optional(),
              headers: z.array(headerMatch).optional(),
            }),
          )
          .optional(),
        backendRefs: z.array(backendRef).min(1),
        timeouts: z
          .strictObject({ request: duration.optional(), backendRequest: duration.optional() })
          .optional(),
      }),
    ),
  }),
);

const policyTarget = z.strictObject({
  group: z.literal('gateway.networking.k8s.io'),
  kind: z.enum(['Gateway', 'HTTPRoute', 'GRPCRoute']),
  name: text,
  sectionName: text.optional(),
});
const processed = z.strictObject({
  body: z.enum(['Streamed', 'Buffered', 'BufferedPartial', 'FullDuplexStreamed']).optional(),
  attributes: z.array(text).optional(),
});

const envoyExtensionPolicy = kindOf(
  'gateway.envoyproxy.io/v1alpha1',
  'EnvoyExtensionPolicy',
  z.strictObject({
    targetRefs: z.array(policyTarget).min(1),
    extProc: z
      .array(
        z.strictObject({
          backendRefs: z.array(z.strictObject({ name: text, namespace: text.optional(), port })).min(1),
          failOpen: z.boolean().optional(),
          messageTimeout: duration.optional(),
          processingMode: z
            .strictObject({
              allowModeOverride: z.boolean().optional(),
              request: processed.optional(),
              response: processed.optional(),
            })
            .optional(),
          metadata: z
            .strictObject({
              accessibleNamespaces: z.array(text).optional(),
              writableNamespaces: z.array(text).optional(),
            })
            .optional(),
        }),
      )
      .max(16),
  }),
);

const backendTrafficPolicy = kindOf(
  'gateway.envoyproxy.io/v1alpha1',
  'BackendTrafficPolicy',
  z.strictObject({
    targetRefs: z.array(policyTarget).min(1),
    loadBalancer: z.strictObject({
      type: z.enum(['ConsistentHash', 'LeastRequest', 'Random', 'RoundRobin']),
      endpointOverride: z
        .strictObject({ extractFrom: z.array(z.strictObject({ header: text })).min(1) })
        .optional(),
    }),
  }),
);

const clientTrafficPolicy = kindOf(
  'gateway.envoyproxy.io/v1alpha1',
  'ClientTrafficPolicy',
  z.strictObject({
    targetRefs: z.array(policyTarget).min(1),
    headers: z
      .strictObject({
        earlyRequestHeaders: z.strictObject({ remove: z.array(text).optional() }).optional(),
      })
      .optional(),
    connection: z.strictObject({ bufferLimit: text.optional() }).optional(),
  }),
);

const destinationRule = kindOf(
  'networking.istio.io/v1',
  'DestinationRule',
  z.strictObject({
    host: text,
    trafficPolicy: z.strictObject({
      tls: z.strictObject({
        mode: z.enum(['DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL']),
        caCertificates: text.optional(),
        sni: text.optional(),
        insecureSkipVerify: z.boolean().optional(),
      }),
    }),
  }),
);

const envoyFilterMatch = z.strictObject({
  context: z.enum(['ANY', 'SIDECAR_INBOUND', 'SIDECAR_OUTBOUND', 'GATEWAY']),
  listener: z
    .strictObject({
      filterChain: z.strictObject({
        filter: z.strictObject({ name: text, subFilter: z.strictObject({ name: text }).optional() }),
      }),
    })
    .optional(),
  cluster: z
    .strictObject({ service: text.optional(), portNumber: port.optional(), name: text.optional() })
    .optional(),
});

const envoyFilter = kindOf(
  'networking.istio.io/v1alpha3',
  'EnvoyFilter',
  z.strictObject({
    workloadSelector: z.strictObject({ labels }).optional(),
    configPatches: z
      .array(
        z.strictObject({
          applyTo: z.enum(['HTTP_FILTER', 'CLUSTER', 'NETWORK_FILTER', 'LISTENER', 'HTTP_ROUTE']),
          match: envoyFilterMatch,
          patch: z.strictObject({
            operation: z.enum(['MERGE', 'ADD', 'INSERT_BEFORE', 'INSERT_AFTER', 'INSERT_FIRST', 'REPLACE']),
            // Envoy's own configuration.
            value: z.record(text, z.unknown()),
          }),
        }),
      )
      .min(1),
  }),
);

const aiGatewayRoute = kindOf(
  'aigateway.envoyproxy.io/v1alpha1',
  'AIGatewayRoute',
  z.strictObject({
    parentRefs: z.array(parentRef).min(1),
    rules: z.array(
      z.strictObject({
        matches: z.array(z.strictObject({ headers: z.array(headerMatch) })).optional(),
        backendRefs: z.array(backendRef).min(1),
      }),
    ),
  }),
);

/** By kind. */
export const gatewayShapes: Readonly<Record<string, z.ZodType>> = {
  AIGatewayRoute: aiGatewayRoute,
  BackendTrafficPolicy: backendTrafficPolicy,
  ClientTrafficPolicy: clientTrafficPolicy,
  DestinationRule: destinationRule,
  EnvoyExtensionPolicy: envoyExtensionPolicy,
  EnvoyFilter: envoyFilter,
  Gateway: gatewayKind,
  HTTPRoute: httpRoute,
  InferencePool: inferencePool,
};
