import {
  type DashboardState,
  renderDashboard,
  renderStatusLine,
} from '../../../tools/rehearsal/renderDashboard.ts';

const state: DashboardState = {
  elapsedMs: 12_400,
  step: 'b: SIGTERM sent',
  clients: 40,
  envoyUrl: 'http://127.0.0.1:10000',
  instances: [
    { name: 'a', address: '127.0.0.1:9002', release: '1.1.0', phase: 'ready' },
    { name: 'b', address: '127.0.0.1:9012', release: '1.0.0', phase: 'down' },
  ],
  pods: [
    { name: 'pod-1', countsByInstance: [{ local: 4, view: 10 }, undefined] },
    { name: 'pod-2', countsByInstance: [{ local: 20, view: 20.4 }, undefined] },
  ],
  load: { sent: 900, ok: 838, inFlight: 60, failed: 1, cut: 1, perSecond: 27.4 },
};

describe('the dashboard', () => {
  it('shows instances, pods and requests', () => {
    expect(renderDashboard(state)).toEqual([
      'Baton rehearsal on one machine        12 s',
      '',
      '  40 streaming clients ──► Envoy http://127.0.0.1:10000 ──► 2 pods',
      '                             │ ext_proc',
      '                             ├─ ● baton a  127.0.0.1:9002  ready     release 1.1.0',
      '                             ├─ ○ baton b  127.0.0.1:9012  down',
      '',
      '  in flight  view of a                      view of b',
      '  pod-1      █████░░░░░░░ 10                –',
      '  pod-2      ████████████████████████ 20    –',
      '  (█ scheduled by this instance  ░ by the others)',
      '',
      '  requests   sent 900   completed 838   in flight 60   27/s',
      '             failed 1   cut 1',
      '',
      '  b: SIGTERM sent',
    ]);
  });

  it('is no wider than the terminal', () => {
    for (const line of renderDashboard(state, 40)) expect(line.length).toBeLessThanOrEqual(40);
    expect(renderDashboard(state, 40)).toContainEqual(expect.stringMatching(/…$/));
  });

  it('draws no bar where nothing is in flight', () => {
    const idle = { ...state, pods: [{ name: 'pod-1', countsByInstance: [{ local: 0, view: 0 }] }] };
    expect(renderDashboard(idle)).toContain('  pod-1       0');
  });
});

describe('the status line', () => {
  it('shows the same on one line', () => {
    expect(renderStatusLine(state)).toBe(
      '12 s  a 1.1.0 ready view 10/20; b down; sent 900 completed 838 failed 1 cut 1; b: SIGTERM sent',
    );
  });
});
