import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { readDirectly } from '../../../src/grpc/directSocket.ts';
import { eventually } from '../../support/eventually.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';

checkForLeaks();

const sockets: Socket[] = [];
const servers: Server[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** A connection over loopback; `read` collects what the server receives. */
async function connected() {
  const read: Buffer[] = [];
  const buffers = new Set<ArrayBufferLike>();
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [paused] = await accepted;
  const socket = readDirectly(paused, (bytes) => {
    read.push(Buffer.from(bytes));
    buffers.add(bytes.buffer);
  });
  sockets.push(client, socket);
  return { client, socket, server, read, buffers };
}

describe('a socket that is read directly', () => {
  test('delivers all bytes in order, in one buffer', async () => {
    const { client, read, buffers } = await connected();
    const sent = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
    client.write(sent);
    await eventually(() => expect(Buffer.concat(read).length).toBe(sent.length));
    expect(Buffer.concat(read).equals(sent)).toBe(true);
    expect(buffers.size).toBe(1);
  });

  test('reads nothing while it is paused, and the rest afterwards', async () => {
    const { client, socket, read } = await connected();
    socket.pause();
    client.write('while paused');
    client.write(Buffer.alloc(8 * 1024 * 1024));
    // The client must wait, because the server does not read.
    await eventually(() => expect(client.writableNeedDrain).toBe(true));
    expect(read).toEqual([]);
    socket.resume();
    await once(client, 'drain');
    expect(read[0]?.subarray(0, 12).toString()).toBe('while paused');
  });

  test('writes, ends with its peer, and does not keep the server open', async () => {
    const { client, socket, server } = await connected();
    socket.write('hello');
    expect(String((await once(client, 'data'))[0])).toBe('hello');
    const ended = once(socket, 'end');
    client.end();
    await ended;
    server.close();
    await once(server, 'close');
  });

  test('is read as a stream when it has no handle', () => {
    const without = new Socket();
    expect(readDirectly(without, () => {})).toBe(without);
  });
});
