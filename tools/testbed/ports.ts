import { createServer } from 'node:net';

/**
 * Free loopback ports.
 *
 * They are below the ephemeral range of the kernel (Linux 32768, macOS and Windows 49152): a part
 * keeps its port over a restart, and under load an outgoing connection could take it in between.
 * Each candidate is tested by listening on it; one process returns no port twice. A port may be
 * listened on much later, so test files that run side by side get theirs from parts of their own.
 */
const [firstPort, lastPort] = portsOf(process.env.JEST_WORKER_ID);

const returned = new Set<number>();
let next = firstPort + Math.floor(Math.random() * (lastPort - firstPort));

/** @param worker the number of Jest's worker, from 1; undefined: not a test */
function portsOf(worker: string | undefined): readonly [number, number] {
  const [first, last, parts] = [15_000, 32_000, 4];
  if (worker === undefined) return [first, last];
  const size = Math.floor((last - first) / parts);
  const from = first + ((Number(worker) - 1) % parts) * size;
  return [from, from + size];
}

/** @throws Error when no port of the range is free. */
export async function freePort(): Promise<number> {
  for (let tries = firstPort; tries < lastPort; tries++) {
    const port = next;
    next = next + 1 < lastPort ? next + 1 : firstPort;
    if (returned.has(port) || !(await isFree(port))) continue;
    returned.add(port);
    return port;
  }
  throw new Error(`no free port between ${firstPort} and ${lastPort}`);
}

/** Distinct free ports, in no order. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}

/** The first of `count` consecutive free ports. */
export async function freePortRow(count: number): Promise<number> {
  let row = [await freePort()];
  while (row.length < count) {
    const port = await freePort();
    row = port === (row.at(-1) as number) + 1 ? [...row, port] : [port];
  }
  return row[0] as number;
}

/** Whether 127.0.0.1 can be listened on at this port. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
