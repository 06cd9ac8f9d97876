import { isOneKey, type RecordKind, recordKeys, recordKinds } from './recordKeys.ts';

/**
 * Who may read and write which records, as roles of etcd's own access control. Each role has what
 * its programs need and no more. Pure.
 */
export interface AccessRole {
  /** Such as `baton-v1-default-instance`: unique in an etcd that several pools share. */
  readonly name: string;
  readonly permissions: readonly KeyPermission[];
}

export interface KeyPermission {
  readonly allows: 'read' | 'write' | 'readwrite';
  readonly key: string;
  /** All keys that begin with it. */
  readonly isPrefix: boolean;
}

type Writer = 'instance' | 'registrar' | 'operator';

/** Each kind of record is written by one kind of program. */
const writers = {
  instances: 'instance',
  load: 'instance',
  handoffs: 'instance',
  signals: 'instance',
  prefixLog: 'instance',
  podPrefixes: 'instance',
  endpoints: 'registrar',
  pinnedGeneration: 'operator',
  dynamicConfig: 'operator',
} as const satisfies Record<RecordKind, Writer>;

export interface AccessRolesOptions {
  /** Of one pool: `/baton/v1/default/`. */
  readonly poolPrefix: string;
  /** A role for each of these addresses of pods; `any`: one role for every address. */
  readonly registrars: readonly string[] | 'any';
}

/**
 * Instances, operators and readers read the whole pool. A registrar reads its own record, since an
 * ordered write names the revision that it replaces; one that may write any address reads them all.
 */
export function accessRoles({ poolPrefix, registrars }: AccessRolesOptions): AccessRole[] {
  const base = poolPrefix.split('/').filter(Boolean).join('-');
  const readsPool: KeyPermission = { allows: 'read', key: poolPrefix, isPrefix: true };
  const endpoints = poolPrefix + recordKeys.endpoints;
  const registrarRoles =
    registrars === 'any'
      ? [{ name: `${base}-registrar`, permissions: [readWrite(endpoints, true)] }]
      : registrars.map((address) => ({
          name: `${base}-registrar-${address}`,
          permissions: [readWrite(endpoints + address, false)],
        }));
  return [
    { name: `${base}-instance`, permissions: [readsPool, ...writesOf('instance', poolPrefix)] },
    { name: `${base}-operator`, permissions: [readsPool, ...writesOf('operator', poolPrefix)] },
    { name: `${base}-reader`, permissions: [readsPool] },
    ...registrarRoles,
  ];
}

function writesOf(writer: Writer, poolPrefix: string): KeyPermission[] {
  return recordKinds
    .filter((kind) => writers[kind] === writer)
    .map((kind) => ({ allows: 'write', key: poolPrefix + recordKeys[kind], isPrefix: !isOneKey(kind) }));
}

function readWrite(key: string, isPrefix: boolean): KeyPermission {
  return { allows: 'readwrite', key, isPrefix };
}

/** The same as commands for etcdctl, ready for a shell. Ends with a line feed. */
export function etcdctlCommands(roles: readonly AccessRole[]): string {
  const lines = roles.flatMap(({ name, permissions }) => [
    `etcdctl role add ${quote(name)}`,
    ...permissions.map(({ allows, key, isPrefix }) => {
      const prefix = isPrefix ? '--prefix ' : '';
      return `etcdctl role grant-permission ${prefix}${quote(name)} ${allows} ${quote(key)}`;
    }),
  ]);
  return lines.map((line) => `${line}\n`).join('');
}

/** As one word for a POSIX shell. */
function quote(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
