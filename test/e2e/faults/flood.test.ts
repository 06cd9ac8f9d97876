import { readFile } from 'node:fs/promises';
import { type ClientDuplexStream, credentials, status } from '@grpc/grpc-js';
import { ExternalProcessor } from '../../../src/proto/clients.ts';
import type { ProcessingRequest } from '../../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { ProcessingResponse__Output } from '../../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import type { Baton } from '../../../tools/testbed/baton.ts';
import { eventually } from '../../support/eventually.ts';
import { noClientNotices, shortStreams } from '../../support/faultRow.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { useTopology } from '../../support/topology.ts';

/** More streams than an instance may have open. */
checkForLeaks();

const maxStreams = 20;
const flood = 2_000;

describe('with one instance that may have 20 streams open', () => {
  const topology = useTopology({
    instances: 1,
    baton: { limits: { maxStreams }, pool: { probe: { timeoutMs: 5_000 } } },
    podFlags: shortStreams,
  });

  it('refuses a flood beyond them at once with RESOURCE_EXHAUSTED, and loses no other request', async () => {
    const [instance] = topology().instances as [Baton];
    const client = new ExternalProcessor(instance.address, credentials.createInsecure());
    try {
      await noClientNotices(topology(), 'flood of streams', async ({ allServedAgain, measure, record }) => {
        const before = await residentMiB(instance);
        const streams = Array.from({ length: flood }, () => new FloodStream(client.process()));
        const refused = () => streams.filter(({ code }) => code === status.RESOURCE_EXHAUSTED).length;
        const answered = () => streams.filter(({ isAnswered }) => isAnswered).length;
        const isSettled = () => expect(refused() + answered()).toBe(flood);
        await measure('all answered', eventually(isSettled, { timeoutMs: 60_000 }));
        expect(refused()).toBeGreaterThanOrEqual(flood - maxStreams);
        expect((await instance.state()).streams.open).toBeLessThanOrEqual(maxStreams);
        await allServedAgain();
        const growthMiB = (await residentMiB(instance)) - before;
        record('memory growth', `${growthMiB} MiB`);
        expect(growthMiB).toBeLessThan(200);
        for (const stream of streams) stream.cancel();
        await allServedAgain();
      });
    } finally {
      client.close();
    }
    expect(instance.process.running).toBe(true);
  }, 180_000);
});

/** A stream as Envoy opens it for a request, held open. */
class FloodStream {
  readonly #call: ClientDuplexStream<ProcessingRequest, ProcessingResponse__Output>;
  isAnswered = false;
  code: status | undefined;

  constructor(call: ClientDuplexStream<ProcessingRequest, ProcessingResponse__Output>) {
    this.#call = call;
    call.on('data', () => {
      this.isAnswered = true;
    });
    // The status event follows.
    call.on('error', () => {});
    call.on('status', ({ code }) => {
      this.code = code;
    });
    call.write({ request_headers: { headers: { headers: [] } } });
  }

  cancel(): void {
    this.#call.cancel();
  }
}

async function residentMiB({ process: { pid } }: Baton): Promise<number> {
  const [, kiB] = /VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kiB) / 1024);
}
