import { EventLog } from '../../../src/admin/eventLog.ts';

const now = () => new Date('2026-05-04T03:02:01.000Z');

describe('the log of life-cycle events', () => {
  it('lists events, oldest first, with their time', () => {
    const events = new EventLog({ now });
    events.add('phase', 'starting → ready', { to: 'ready' });
    events.add('store', 'store joined');
    expect(events.list()).toEqual([
      {
        sequence: 1,
        at: '2026-05-04T03:02:01.000Z',
        kind: 'phase',
        message: 'starting → ready',
        fields: { to: 'ready' },
      },
      { sequence: 2, at: '2026-05-04T03:02:01.000Z', kind: 'store', message: 'store joined', fields: {} },
    ]);
  });

  it('drops the oldest when it is full, and the sequence shows it', () => {
    const events = new EventLog({ now, capacity: 3 });
    for (const message of ['a', 'b', 'c', 'd', 'e']) events.add('phase', message);
    expect(events.list().map(({ sequence, message }) => `${sequence}${message}`)).toEqual(['3c', '4d', '5e']);
  });

  it('keeps 200 by default', () => {
    const events = new EventLog({ now });
    for (let i = 0; i < 250; i += 1) events.add('phase', String(i));
    expect(events.list()).toHaveLength(200);
  });

  it('returns a list that later events do not change', () => {
    const events = new EventLog({ now });
    const before = events.list();
    events.add('phase', 'later');
    expect(before).toEqual([]);
  });
});
