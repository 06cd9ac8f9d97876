import { addressLookup, srvLookup } from '../../../../src/pool/dns/dnsLookup.ts';
import { isAbsence } from '../../../../src/pool/dns/lookup.ts';
import { DnsServer } from '../../../support/dnsServer.ts';

let dns: DnsServer;
let stopping: AbortController;

beforeEach(async () => {
  dns = await new DnsServer().start();
  stopping = new AbortController();
});
afterEach(async () => {
  stopping.abort();
  await dns.stop();
});

const addresses = (name: string) => addressLookup(name, stopping.signal, { servers: [dns.address] });
const srv = (name: string) => srvLookup(name, stopping.signal, { servers: [dns.address] });
const host = (ip: string) => ({ ip, weight: 1 });
const errorOf = (lookup: Promise<unknown>) =>
  lookup.then(
    () => expect('a failure').toBe('none'),
    (error: unknown) => error,
  );

describe('the addresses of an absolute name', () => {
  it('are its A records in order, each once, until the first of them ends', async () => {
    dns.set(
      'pods.example',
      { ip: '10.0.0.2', ttl: 30 },
      { ip: '10.0.0.1', ttl: 7 },
      { ip: '10.0.0.2', ttl: 30 },
    );
    const expected = { hosts: [host('10.0.0.1'), host('10.0.0.2')], ttlMs: 7_000 };
    expect(await addresses('pods.example.')).toEqual(expected);
    expect(dns.questions).toEqual(['a pods.example']);
  });

  it('are those of the name that it is an alias of', async () => {
    dns.set('pods.example', { cname: 'real.example', ttl: 3 });
    dns.set('real.example', { ip: '10.0.0.1', ttl: 60 });
    expect(await addresses('pods.example.')).toMatchObject({ hosts: [host('10.0.0.1')], ttlMs: 3_000 });
  });

  it('are of one family: a pod that has both is one pod', async () => {
    dns.set('both.example', { ip: '2001:db8::1' }, { ip: '10.0.0.1' });
    dns.set('six.example', { ip: '2001:db8::1', ttl: 9 });
    expect((await addresses('both.example.')).hosts).toEqual([host('10.0.0.1')]);
    expect(await addresses('six.example.')).toEqual({ hosts: [host('2001:db8::1')], ttlMs: 9_000 });
  });

  it('do not change their family because a server fails', async () => {
    dns.set('both.example', { ip: '2001:db8::1' }, { ip: '10.0.0.1' });
    dns.faults.set('both.example', 'fails');
    const error = await errorOf(addresses('both.example.'));
    expect([isAbsence(error), dns.questions.includes('aaaa both.example')]).toEqual([false, false]);
  });

  it('may be more than a datagram holds', async () => {
    const ips = Array.from({ length: 250 }, (_, i) => `10.0.1.${i}`);
    dns.set('pods.example', ...ips.map((ip) => ({ ip })));
    expect((await addresses('pods.example.')).hosts).toHaveLength(250);
    expect(dns.overTcp).toBe(1);
  });

  it('are absent where there is no such name, or none of its records', async () => {
    dns.set('text.example', { srv: [0, 0, 80, 'pod.example'] });
    expect(isAbsence(await errorOf(addresses('missing.example.')))).toBe(true);
    expect(isAbsence(await errorOf(addresses('text.example.')))).toBe(true);
  });

  it('are waited for no longer once it is stopped', async () => {
    dns.faults.set('silent.example', 'silent');
    const lookup = errorOf(addresses('silent.example.'));
    stopping.abort();
    expect(await lookup).toMatchObject({ code: 'ECANCELLED' });
    await expect(addresses('silent.example.')).rejects.toThrow();
  });
});

describe('the hosts of SRV records', () => {
  const name = '_vllm._tcp.models.example';
  const port = (ip: string, of: number, weight = 1) => ({ ip, port: of, weight });

  it('have the port and the share of weight of their record', async () => {
    dns.set(name, { srv: [0, 30, 8001, 'b.example'] }, { srv: [0, 10, 8000, 'a.example'] });
    dns.set('a.example', { ip: '10.0.0.1' });
    dns.set('b.example', { ip: '10.0.0.2' });
    expect(await srv(name)).toEqual({
      hosts: [port('10.0.0.1', 8000, 0.5), port('10.0.0.2', 8001, 1.5)],
      ttlMs: undefined,
    });
  });

  it('weigh the same where the records do, and are those of the first priority', async () => {
    dns.set(
      name,
      { srv: [1, 0, 80, 'a.example'] },
      { srv: [1, 0, 81, 'a.example'] },
      { srv: [2, 9, 82, 'b.example'] },
    );
    dns.set('a.example', { ip: '10.0.0.1' });
    expect((await srv(name)).hosts).toEqual([port('10.0.0.1', 80), port('10.0.0.1', 81)]);
    expect(dns.questions).not.toContain('a b.example');
  });

  it('are without one that has just left, but fail with one that cannot be resolved', async () => {
    dns.set(name, { srv: [0, 1, 80, 'a.example'] }, { srv: [0, 1, 80, 'gone.example'] });
    dns.set('a.example', { ip: '10.0.0.1' });
    expect((await srv(name)).hosts).toEqual([port('10.0.0.1', 80)]);
    dns.faults.set('gone.example', 'fails');
    expect(isAbsence(await errorOf(srv(name)))).toBe(false);
  });

  it('are absent where the record says so', async () => {
    dns.set(name, { srv: [0, 0, 0, '.'] });
    expect(isAbsence(await errorOf(srv(name)))).toBe(true);
    expect(isAbsence(await errorOf(srv('_missing._tcp.example')))).toBe(true);
  });

  it('may be hundreds, asked a few at a time', async () => {
    const pods = Array.from({ length: 300 }, (_, i) => i);
    dns.set(name, ...pods.map((i) => ({ srv: [0, 1, 8000, `p${i}.example`] as const })));
    for (const i of pods) dns.set(`p${i}.example`, { ip: `10.0.${i >> 8}.${i & 255}` });
    expect((await srv(name)).hosts).toHaveLength(300);
  });
});
