import { accessRoles, etcdctlCommands } from '../../../src/proto/records/accessRoles.ts';
import { recordKeys } from '../../../src/proto/records/recordKeys.ts';

const poolPrefix = '/baton/v1/default/';

describe('the roles of a pool', () => {
  it('let exactly one role write each kind of record', () => {
    const roles = accessRoles({ poolPrefix, registrars: 'any' });
    for (const key of Object.values(recordKeys)) {
      const writers = roles.filter(({ permissions }) =>
        permissions.some(({ allows, key: granted }) => allows !== 'read' && granted === poolPrefix + key),
      );
      expect([key, writers.length]).toEqual([key, 1]);
    }
  });

  it('have names of their own in each pool and below each prefix', () => {
    const names = ['/baton/v1/default/', '/baton/v1/other/', '/team-a/baton/default/'].flatMap((prefix) =>
      accessRoles({ poolPrefix: prefix, registrars: ['10.0.0.1:80', '10.0.0.2:80'] }).map(({ name }) => name),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  it('are words for a shell, whatever is in the name of the pool', () => {
    const roles = accessRoles({ poolPrefix: "/b/it's; rm -rf $HOME/", registrars: [] });
    expect(etcdctlCommands(roles).split('\n')[0]).toBe(
      "etcdctl role add 'b-it'\\''s; rm -rf $HOME-instance'",
    );
  });
});
