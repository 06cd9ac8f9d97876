import { findTools } from '../../../tools/testbed/tools.ts';

describe('findTools', () => {
  it('takes what the environment names', () => {
    const [envoy, etcd] = [process.execPath, '/bin/sh'];
    expect(findTools({ ENVOY_BIN: envoy, ETCD_BIN: etcd })).toEqual({ envoy, etcd });
  });

  it('names every binary that cannot be run, and what to do', () => {
    const notExecutable = import.meta.filename;
    expect(() => findTools({ ENVOY_BIN: '/no/envoy', ETCD_BIN: notExecutable })).toThrow(
      `cannot run envoy (/no/envoy) and etcd (${notExecutable}): run "make tools", or name it by ENVOY_BIN or ETCD_BIN`,
    );
  });
});
