import { HealthStatus } from '../../../src/extproc/healthStatus.ts';

describe('the health status', () => {
  it('reports an arrived check before it reads a predicate', () => {
    const calls: string[] = [];
    const health = new HealthStatus({
      onCheckArrived: () => calls.push('arrived'),
      takesTraffic: () => calls.push('takesTraffic') > 0,
      isFit: () => calls.push('isFit') > 0,
    });
    health.check('');
    health.check('readiness');
    health.watch('', () => {})();
    expect(calls).toEqual(['arrived', 'takesTraffic', 'arrived', 'isFit', 'arrived', 'takesTraffic']);
  });

  it('reports no arrived check when a watch is re-evaluated', () => {
    let arrived = 0;
    let takesTraffic = true;
    const statuses: unknown[] = [];
    const health = new HealthStatus({
      onCheckArrived: () => {
        arrived += 1;
      },
      takesTraffic: () => takesTraffic,
      isFit: () => true,
    });
    health.watch('', (status) => statuses.push(status));
    takesTraffic = false;
    health.changed();
    health.changed();
    expect(statuses).toEqual(['SERVING', 'NOT_SERVING']);
    expect(arrived).toBe(1);
  });

  it('lists every service after one arrived check', () => {
    let arrived = 0;
    const health = new HealthStatus({
      onCheckArrived: () => {
        arrived += 1;
      },
      takesTraffic: () => false,
      isFit: () => true,
    });
    expect(Object.fromEntries(health.list())).toEqual({
      '': 'NOT_SERVING',
      'envoy.service.ext_proc.v3.ExternalProcessor': 'NOT_SERVING',
      'inference-extension': 'NOT_SERVING',
      readiness: 'SERVING',
      liveness: 'SERVING',
    });
    expect(arrived).toBe(1);
  });
});
