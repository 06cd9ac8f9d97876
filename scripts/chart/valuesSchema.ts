import { jsonSchema } from '../../src/config/jsonSchema.ts';

/**
 * Writes charts/baton/values.schema.json: the form of values.yaml, and below `config` the form of
 * Baton's own configuration, so that `helm install` refuses a misspelt setting.
 */

const text = { type: 'string' };
const flag = { type: 'boolean' };
const texts = { type: 'object', additionalProperties: text };
const anyObject = { type: 'object' };
const objects = { type: 'array', items: anyObject };
const wholeNumber = (minimum: number, maximum = 1_000_000_000) => ({ type: 'integer', minimum, maximum });
/** A name of its own or none, for what has to exist in the cluster. */
const objectName = { type: 'string', pattern: '^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$' };
const port = wholeNumber(1, 65_535);

/** Every key is known: others are misspelt. */
function section(properties: Readonly<Record<string, object>>): object {
  return { type: 'object', additionalProperties: false, properties };
}

export function valuesSchema(): object {
  const { $schema: _, ...config } = jsonSchema() as Record<string, unknown>;
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the chart baton',
    ...section({
      // Helm's own, for charts that contain this one.
      global: anyObject,
      nameOverride: objectName,
      fullnameOverride: objectName,
      image: section({
        repository: text,
        tag: text,
        digest: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
        pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
        pullSecrets: objects,
      }),
      replicas: wholeNumber(0, 1000),
      instance: section({ release: text, generation: wholeNumber(0) }),
      config,
      tls: section({ existingSecret: objectName, selfSigned: flag, clientCertificates: flag }),
      etcd: section({
        existingSecret: objectName,
        tlsSecret: objectName,
        clientCertificate: flag,
        roles: section({
          apply: flag,
          existingSecret: objectName,
          registrars: { type: 'array', items: text },
        }),
        trial: section({ enabled: flag, image: text, resources: anyObject, clients: objects }),
      }),
      service: section({ annotations: texts }),
      serviceAccount: section({ create: flag, name: objectName, annotations: texts }),
      rbac: section({ create: flag }),
      inferencePool: section({
        create: flag,
        name: objectName,
        matchLabels: texts,
        targetPorts: { type: 'array', items: port, minItems: 1, maxItems: 8 },
        failureMode: { enum: ['FailOpen', 'FailClose'] },
      }),
      httpRoute: section({
        create: flag,
        parentRefs: objects,
        hostnames: { type: 'array', items: text },
        matches: objects,
      }),
      networkPolicy: section({ enabled: flag, gateways: objects, monitoring: objects }),
      metrics: section({
        enabled: flag,
        serviceMonitor: section({ enabled: flag, interval: text, labels: texts }),
        rules: section({ enabled: flag, labels: texts }),
        dashboard: section({ enabled: flag, labels: texts }),
      }),
      podDisruptionBudget: section({ enabled: flag, maxUnavailable: { type: ['integer', 'string'] } }),
      rollout: section({
        maxSurge: { type: ['integer', 'string'] },
        minReadySeconds: wholeNumber(0),
        // Less, and Kubernetes kills an instance whose drain takes all of its grace.
        extraGraceSeconds: wholeNumber(10, 3600),
      }),
      topologySpreadConstraints: objects,
      resources: anyObject,
      podLabels: texts,
      podAnnotations: texts,
      nodeSelector: texts,
      tolerations: objects,
      affinity: anyObject,
      priorityClassName: text,
      extraEnv: objects,
      extraVolumes: objects,
      extraVolumeMounts: objects,
    }),
  };
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(valuesSchema(), null, 2)}\n`);
