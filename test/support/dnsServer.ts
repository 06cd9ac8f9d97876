import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, isIPv4, type Server, type Socket as TcpSocket } from 'node:net';

/**
 * A DNS server on loopback as far as Baton asks one: A, AAAA, SRV and CNAME records, names that do
 * not exist, answers that are too long for a datagram, servers that fail or say nothing.
 */
export type DnsRecord =
  /** An A or AAAA record. */
  | { readonly ip: string; readonly ttl?: number }
  | { readonly cname: string; readonly ttl?: number }
  | { readonly srv: readonly [priority: number, weight: number, port: number, target: string] };

const types = { a: 1, cname: 5, aaaa: 28, srv: 33 } as const;
const typeNames = new Map<number, string>(Object.entries(types).map(([name, type]) => [type, name]));
const rcodes = { ok: 0, fails: 2, none: 3 } as const;
const longestDatagram = 1_232;

export class DnsServer {
  /** By name, without the dot at its end. */
  readonly records = new Map<string, readonly DnsRecord[]>();
  /** Names that get no answer, or SERVFAIL. */
  readonly faults = new Map<string, 'silent' | 'fails'>();
  /** `a pods.example`, in the order in which they came. */
  readonly questions: string[] = [];
  /** Queries over TCP, after a truncated answer. */
  overTcp = 0;
  #udp: Socket | undefined;
  #tcp: Server | undefined;
  readonly #connections = new Set<TcpSocket>();

  async start(): Promise<this> {
    const tcp = createServer((socket) => this.#onConnection(socket));
    tcp.listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    const udp = createSocket('udp4');
    udp.on('message', (query, { address, port }) => {
      const answer = this.#answer(query, longestDatagram);
      if (answer !== undefined) udp.send(answer, port, address);
    });
    udp.bind((tcp.address() as AddressInfo).port, '127.0.0.1');
    await once(udp, 'listening');
    this.#tcp = tcp;
    this.#udp = udp;
    return this;
  }

  async stop(): Promise<void> {
    for (const socket of this.#connections) socket.destroy();
    const closed = Promise.all([this.#udp, this.#tcp].map((one) => one && once(one, 'close')));
    this.#udp?.close();
    this.#tcp?.close();
    await closed;
  }

  /** As a resolver takes it. */
  get address(): string {
    return `127.0.0.1:${this.#udp?.address().port}`;
  }

  set(name: string, ...records: DnsRecord[]): this {
    this.records.set(name, records);
    return this;
  }

  #onConnection(socket: TcpSocket): void {
    this.#connections.add(socket);
    socket.on('close', () => this.#connections.delete(socket));
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      this.overTcp += 1;
      const answer = this.#answer(bytes.subarray(2), 65_535);
      if (answer !== undefined) socket.write(Buffer.concat([uint16(answer.length), answer]));
    });
  }

  #answer(query: Buffer, longest: number): Buffer | undefined {
    const { name, type, end } = readQuestion(query);
    this.questions.push(`${typeNames.get(type) ?? type} ${name}`);
    const fault = this.faults.get(name);
    if (fault === 'silent') return undefined;
    const records = fault === 'fails' ? [] : this.#find(name, type);
    const exists = this.records.has(name);
    const rcode = fault === 'fails' ? rcodes.fails : exists ? rcodes.ok : rcodes.none;
    const question = query.subarray(12, end);
    const body = Buffer.concat([question, ...records]);
    if (12 + body.length <= longest)
      return Buffer.concat([header(query, 0x8180 | rcode, records.length), body]);
    return Buffer.concat([header(query, 0x8380 | rcode, 0), question]);
  }

  /** Follows aliases, as a recursive server does. */
  #find(name: string, type: number): Buffer[] {
    return (this.records.get(name) ?? []).flatMap((record) => {
      if ('cname' in record)
        return [
          encode(name, types.cname, record.ttl, nameBytes(record.cname)),
          ...this.#find(record.cname, type),
        ];
      if ('srv' in record) {
        const [priority, weight, port, target] = record.srv;
        const data = Buffer.concat([...[priority, weight, port].map(uint16), nameBytes(target)]);
        return type === types.srv ? [encode(name, types.srv, 5, data)] : [];
      }
      const family = isIPv4(record.ip) ? types.a : types.aaaa;
      return type === family ? [encode(name, family, record.ttl, ipBytes(record.ip))] : [];
    });
  }
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function header(query: Buffer, flags: number, answers: number): Buffer {
  return Buffer.concat([query.subarray(0, 2), ...[flags, 1, answers, 0, 0].map(uint16)]);
}

function encode(name: string, type: number, ttl = 30, data: Buffer): Buffer {
  const head = Buffer.concat([...[type, 1].map(uint16), uint16(ttl >>> 16), uint16(ttl & 0xffff)]);
  return Buffer.concat([nameBytes(name), head, uint16(data.length), data]);
}

function nameBytes(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  const parts = labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function ipBytes(ip: string): Buffer {
  if (isIPv4(ip)) return Buffer.from(ip.split('.').map(Number));
  const [left = '', right = ''] = ip.split('::');
  const groups = (text: string) => text.split(':').filter((group) => group !== '');
  const fill = 8 - groups(left).length - groups(right).length;
  const all = [...groups(left), ...Array.from({ length: fill }, () => '0'), ...groups(right)];
  return Buffer.concat(all.map((group) => uint16(Number.parseInt(group, 16))));
}

function uint16(value: number): Buffer {
  return Buffer.from([(value >>> 8) & 0xff, value & 0xff]);
}
