import { Range } from 'etcd3';
import type { MemberPool } from './memberPool.ts';

/** A role of etcd's access control. */
export interface EtcdRole {
  readonly name: string;
  readonly permissions: readonly {
    readonly allows: 'read' | 'write' | 'readwrite';
    readonly key: string;
    readonly isPrefix: boolean;
  }[];
}

/** As etcd's API has it. */
interface Permission {
  readonly permType: string;
  readonly key: Buffer;
  readonly range_end: Buffer;
}

/**
 * Gives the role exactly these permissions: creates it, or corrects the one that is there. Its
 * users keep it, and lose what it no longer has.
 *
 * @throws etcd3's error, such as that the user of this client is not root
 */
export async function applyRole(
  members: MemberPool,
  { name, permissions }: EtcdRole,
): Promise<'created' | 'changed' | 'unchanged'> {
  const { roles } = await members.request<{ roles: readonly string[] }>('Auth', 'roleList', {});
  const isNew = !roles.includes(name);
  if (isNew) await members.request('Auth', 'roleAdd', { name });
  const { perm } = await members.request<{ perm: readonly Permission[] }>('Auth', 'roleGet', { role: name });
  const wanted = new Map(permissions.map((permission) => withRange(permissionOf(permission))));
  const found = new Map(perm.map((permission) => withRange(permission)));
  const missing = [...wanted].filter(([range, { permType }]) => found.get(range)?.permType !== permType);
  const excess = [...found].filter(([range]) => !wanted.has(range));
  // A grant replaces what the role has for the same range. Programs that run never have less than
  // they need in between.
  for (const [, permission] of missing)
    await members.request('Auth', 'roleGrantPermission', { name, perm: permission });
  for (const [, { key, range_end }] of excess)
    await members.request('Auth', 'roleRevokePermission', { role: name, key, range_end });
  if (isNew) return 'created';
  return missing.length + excess.length > 0 ? 'changed' : 'unchanged';
}

const permTypes = { read: 'Read', write: 'Write', readwrite: 'Readwrite' } as const;

function permissionOf({ allows, key, isPrefix }: EtcdRole['permissions'][number]): Permission {
  const start = Buffer.from(key);
  const end = isPrefix ? Range.prefix(start).end : Buffer.alloc(0);
  return { permType: permTypes[allows], key: start, range_end: end };
}

function withRange(permission: Permission): readonly [string, Permission] {
  const { key, range_end } = permission;
  return [`${key.toString('hex')} ${range_end.toString('hex')}`, permission];
}
