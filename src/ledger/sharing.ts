import type { EtcdSession } from '../etcd/etcdSession.ts';
import type { EtcdLedger } from './etcdLedger.ts';
import type { Ledger } from './ledger.ts';

/** Whether this instance shares its counts with others. */
export type Sharing =
  | { readonly kind: 'memory'; readonly ledger: Ledger }
  | { readonly kind: 'etcd'; readonly ledger: EtcdLedger; readonly store: EtcdSession };
