import { Baton } from '../tools/testbed/baton.ts';
import { Envoy } from '../tools/testbed/envoy.ts';
import type { EnvoyBootstrap } from '../tools/testbed/envoyAddresses.ts';
import { freePorts } from '../tools/testbed/ports.ts';
import { residentMiB } from '../tools/testbed/processFigures.ts';
import { until } from '../tools/testbed/until.ts';
import { command, onStage } from './environment.ts';
import { partsOf } from './envoyParts.ts';
import { readBenchFlags } from './flags.ts';
import { runLoad } from './kit.ts';

/**
 * `make million`: a number of requests through an Envoy that resets every stream to Baton, as Envoy
 * does with "request headers only" and without the graceful close. An HTTP/2 server that takes
 * resets for an attack closes the connection, and requests fail. Exits with 1 when a request failed
 * or a connection was lost.
 */
const flags = readBenchFlags({
  requests: { type: 'string', default: '1000000' },
  transport: { type: 'string', default: 'builtin' },
  /** With 10, the client aborts one of ten requests before an answer. */
  'abort-every': { type: 'string', default: '0' },
});
const wanted = Number(flags.requests);
/** Prints the progress after this many requests. */
const portion = 50_000;

function main(): Promise<number> {
  return onStage(async ({ tools, dir, pods }) => {
    const [port, batonAdmin, listenerPort, envoyAdmin] = (await freePorts(4)) as [
      number,
      number,
      number,
      number,
    ];
    const gateway = { responses: flags.transport === 'grpc-js' ? 'count' : 'leave' };
    const settings = { server: { transport: flags.transport }, gateway, pool: { endpoints: pods } };
    const baton = new Baton({ name: 'million', port, adminPort: batonAdmin, dir, settings });
    await baton.start();
    const envoy = await Envoy.start({
      bin: tools.envoy,
      configuration: 'envoy.yaml',
      dir,
      listenerPort,
      adminPort: envoyAdmin,
      schedulers: [baton.address],
      pods,
      amend: resetEveryStream,
    });
    try {
      await envoy.waitForHealthy('scheduler', [baton.address]);
      await envoy.waitForHealthy('model_pods', pods);
      return await run(baton, envoy, listenerPort);
    } finally {
      await envoy.process.kill();
      await baton.kill();
    }
  });
}

function resetEveryStream(bootstrap: EnvoyBootstrap): void {
  const { extProc, runtime, schedulerProtocol } = partsOf(bootstrap);
  extProc.processing_mode.response_trailer_mode = 'SKIP';
  runtime['envoy.reloadable_features.ext_proc_graceful_grpc_close'] = false;
  // Requests without a decision must be counted, and so must connections that a retry would
  // replace.
  extProc.failure_mode_allow = false;
  delete schedulerProtocol.retry_policy;
}

async function run(baton: Baton, envoy: Envoy, listenerPort: number): Promise<number> {
  let sent = 0;
  let failed = 0;
  let aborted = 0;
  const idleMiB = await residentMiB(baton.process.pid);
  while (sent < wanted) {
    const load = {
      requests: Math.min(portion, wanted - sent),
      seconds: 600,
      'abort-every': Number(flags['abort-every']),
    };
    const report = await runLoad(listenerPort, load);
    sent += report.sent;
    failed += report.failed;
    aborted += report.aborted;
    const restMiB = (await residentMiB(baton.process.pid)).toFixed(0);
    process.stderr.write(
      `${sent} sent, ${failed} failed, ${report.perSecond.toFixed(0)}/s, ${restMiB} MiB\n`,
    );
    if (report.sent === 0) throw new Error('nothing is answered any more');
  }
  const stat = (name: string) => envoy.stat(`cluster.scheduler.${name}`);
  const resets = await stat('upstream_rq_tx_reset');
  const lost =
    (await stat('upstream_cx_close_notify')) + (await stat('upstream_cx_destroy_remote_with_active_rq'));
  await until(async () => (await baton.state()).streams.open === 0, { what: 'the end of all streams' });
  const restMiB = await residentMiB(baton.process.pid);
  process.stdout.write(
    `${flags.transport}: ${sent} requests, ${aborted} of them aborted, ${failed} failed; ${resets} streams reset by Envoy, ${lost} connections lost; ` +
      `no stream left open; Baton's memory ${idleMiB.toFixed(0)} MiB before, ${restMiB.toFixed(0)} MiB after\n`,
  );
  return failed === 0 && lost === 0 ? 0 : 1;
}

await command(main);
