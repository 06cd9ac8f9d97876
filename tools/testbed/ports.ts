import { createServer } from 'node:net';

/**
 * Free loopback ports for the parts of a rehearsal.
 *
 * They come from below the kernel's ephemeral range (Linux 32768, macOS and Windows 49152): a part keeps its
 * port over a restart, and under load an outgoing connection would otherwise take it in the meantime. The
 * kernel is asked by listening on each candidate; no port is handed out twice by one process.
 */
const firstPort = 15_000;
const lastPort = 32_000;

const handedOut = new Set<number>();
let next = firstPort + Math.floor(Math.random() * (lastPort - firstPort));

/** @throws Error when a whole turn through the range finds no free port. */
export async function freePort(): Promise<number> {
  for (let tries = firstPort; tries < lastPort; tries++) {
    const port = next;
    next = next + 1 < lastPort ? next + 1 : firstPort;
    if (handedOut.has(port) || !(await isFree(port))) continue;
    handedOut.add(port);
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

/** The first of so many free ports that follow each other. */
export async function freePortRow(count: number): Promise<number> {
  let row = [await freePort()];
  while (row.length < count) {
    const port = await freePort();
    row = port === (row.at(-1) as number) + 1 ? [...row, port] : [port];
  }
  return row[0] as number;
}

/** Can this port be listened on now, on 127.0.0.1? */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
