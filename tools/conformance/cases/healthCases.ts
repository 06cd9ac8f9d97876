import { type ConformanceCase, UnexpectedAnswer } from '../conformanceCase.ts';

/** gRPC health, as gateways and orchestrators check it. */
const services: readonly (readonly [name: string, service: string])[] = [
  ['server', ''],
  ['ext-proc', 'envoy.service.ext_proc.v3.ExternalProcessor'],
  ['liveness', 'liveness'],
  ['readiness', 'readiness'],
  ['inference-extension', 'inference-extension'],
];

export const healthCases: readonly ConformanceCase[] = [
  ...services.map(([name, service]) => healthCase(name, `"${service}"`, service, 'SERVING')),
  healthCase('unknown', 'a service that does not exist', 'conformance.unknown', 'NOT_FOUND'),
];

function healthCase(name: string, named: string, service: string, expected: string): ConformanceCase {
  return {
    name: `health/${name}`,
    sends: `a health check of ${named}`,
    expects: expected,
    run: async ({ picker }) => {
      const received = await picker.health(service);
      if (received !== expected) throw new UnexpectedAnswer(`not ${expected}`, received);
      return received;
    },
  };
}
