import { type Assignment, findSetting } from './assignment.ts';

/** The settings of `baton epp` where nothing else is given: what gateways expect of a picker. */
const defaults: Readonly<Record<string, unknown>> = {
  'server.address': '[::]:9002',
  'server.healthAddress': '[::]:9003',
  'admin.address': '[::]:9090',
  'server.tls.selfSigned': true,
  'server.tls.alpn': 'optional',
  'gateway.alternates': 0,
  'gateway.clearRouteCache': true,
  'gateway.fullDuplex': 'assumed',
};

/**
 * @param given what all other sources say
 * @param policy what the picker's plugins come to
 */
export function pickerDefaults(given: readonly Assignment[], policy?: string): readonly Assignment[] {
  const hasCertificate = given.some(({ setting }) => setting.path === 'server.tls.certFile');
  const all = { ...defaults, ...(policy !== undefined && { 'scheduling.policy': policy }) };
  return Object.entries(all).flatMap(([path, value]) => {
    if (path === 'server.tls.selfSigned' && hasCertificate) return [];
    const setting = findSetting(path);
    return 'problem' in setting ? [] : [{ setting, value, origin: { kind: 'default' } as const }];
  });
}
