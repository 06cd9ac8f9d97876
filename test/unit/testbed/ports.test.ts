import { createServer } from 'node:net';
import { freePorts, isFree } from '../../../tools/testbed/ports.ts';

describe('freePorts', () => {
  it('returns distinct ports below the ephemeral range that can be listened on', async () => {
    const ports = [...(await freePorts(20)), ...(await freePorts(20))];
    expect(new Set(ports).size).toBe(40);
    for (const port of ports) {
      expect(port).toBeLessThan(32_768);
      expect(await isFree(port)).toBe(true);
    }
  });
});

describe('isFree', () => {
  it('is false while a server listens on the port, and true afterwards', async () => {
    const [port] = (await freePorts(1)) as [number];
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    expect(await isFree(port)).toBe(false);
    await new Promise((resolve) => server.close(resolve));
    expect(await isFree(port)).toBe(true);
  });
});
