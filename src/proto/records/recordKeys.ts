/** Where each kind of record is, relative to the pool's prefix in etcd. */
export const recordKeys = {
  /** + id */
  instances: 'instances/',
  /** + id of the reporter [+ `/` + chunk] */
  load: 'load/',
  /** + id + `/` + start of the instance that handed off */
  handoffs: 'handoffs/',
  /** + address */
  endpoints: 'endpoints/',
  /** + id */
  signals: 'signals/',
  pinnedGeneration: 'target',
  dynamicConfig: 'config',
} as const;
