import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { splitHostPort } from '../../../src/hostPort.ts';
import { Baton, type BatonSettings } from '../../../tools/testbed/baton.ts';
import { batonCommandLine } from '../../../tools/testbed/batonEntry.ts';
import { ExtProcClient } from '../../../tools/testbed/extProcClient.ts';
import { Pod } from '../../../tools/testbed/pod.ts';
import { freePort } from '../../../tools/testbed/ports.ts';
import { checkoutDir } from '../../../tools/testbed/tools.ts';
import { decideOnce } from '../../support/decideOnce.ts';
import { DiscoveryClient } from '../../support/discoveryClient.ts';
import { shortAnswers } from '../shortAnswers.ts';
import type { Expect, GroupOptions, StagedGroup } from '../stagedGroup.ts';

const execute = promisify(execFile);

/** A policy that fails, or takes its time, as a header wants. */
const extension = `
export default {
  contract: 1,
  headers: ['x-do'],
  policies: [{
    name: 'acme/first', summary: 'the first',
    create: () => ({
      name: 'acme/first',
      choose(candidates, load, { headers }) {
        if (headers?.['x-do'] === 'fail') throw new Error('a bug in choose');
        const endMs = performance.now() + (headers?.['x-do'] === 'work' ? 15 : 0);
        while (performance.now() < endMs);
        return candidates[0];
      },
    }),
  }],
};
`;
const limits = { maxStreams: 6, connections: 10 };

/** One instance, asked as Envoy asks: its sources, extensions, limits, and its machine. */
export async function limitGroup({ dir }: GroupOptions): Promise<StagedGroup> {
  const pod = await Pod.start({ id: 'pod-1', port: await freePort(), flags: shortAnswers });
  const [podsFile, extensionFile] = [join(dir, 'pods.yaml'), join(dir, 'acme.mjs')];
  await writeFile(podsFile, `endpoints: ["${pod.address}"]\n`);
  await writeFile(extensionFile, extension);
  const baton = await instance(dir, 'limits', {
    pool: { file: podsFile, probe: { intervalMs: 200 } },
    scheduling: { extensions: [extensionFile], policy: 'acme/first' },
    limits,
  });
  const traffic = repeat(100, () => decideOnce(baton.address, {}));
  const stage = async (expectAlert: Expect): Promise<void> => {
    const broken = repeat(1_000, () => writeFile(podsFile, `endpoints: [${Math.random()}`));
    const failing = repeat(500, () => decideOnce(baton.address, { 'x-do': 'fail' }));
    const working = repeat(100, () => decideOnce(baton.address, { 'x-do': 'work' }));
    await Promise.all([
      expectAlert('BatonPoolSourceFailing', 'the file of pods is written every second, and is not YAML'),
      expectAlert('BatonExtensionFails', 'an extension throws'),
      expectAlert('BatonDecisionsSlow', 'an extension computes for 15 ms'),
      expectAlert('BatonEndpointsRefused', 'a client of EDS refuses the list'),
      refuseList(baton.address),
    ]);
    await Promise.all([broken(), failing(), working()]);
    await overload(baton.address, expectAlert);
    await tooManyConnections(baton.address, expectAlert);
    await traffic();
    const pid = baton.process.pid;
    const open = (await readdir(`/proc/${pid}/fd`)).length;
    await execute('prlimit', ['--pid', String(pid), `--nofile=${open - 3}:`]);
    await expectAlert('BatonProbesNotMade', 'no file descriptor is left (`prlimit`)');
  };
  const stop = async (): Promise<void> => {
    await traffic();
    await Promise.all([baton.kill(), pod.kill()]);
  };
  return { job: 'limits', adminUrls: [baton.adminUrl], stage, stop };
}

/** A build with a bug, whose log has no reader. */
export async function bugGroup({ dir }: GroupOptions): Promise<StagedGroup> {
  const pipe = join(dir, 'log');
  await execute('mkfifo', [pipe]);
  const settings = { pool: { endpoints: ['127.0.0.1:1'], probe: { enabled: false } } };
  const buggy = join(checkoutDir, 'test/support/throwingBaton.ts');
  const command = [process.execPath, buggy, 'serve', '--config', '{config}'];
  const intoPipe = ['bash', '-c', 'exec 3<>"$0"; exec "$@" >&3', pipe, ...command];
  const baton = await instance(dir, 'bug', { ...settings, telemetry: { logLevel: 'debug' } }, intoPipe);
  const stage = async (expectAlert: Expect): Promise<void> => {
    await decideOnce(baton.address, { 'routing-strategy': 'random' }).catch(() => {});
    const client = new ExtProcClient(baton.address);
    const talkative = repeat(1, () => Promise.all(Array.from({ length: 50 }, () => endAtOnce(client))));
    await Promise.all([
      expectAlert('BatonUnexpectedErrors', 'a build with a bug: a policy throws'),
      expectAlert('BatonLogIncomplete', 'the log goes into a pipe without a reader'),
    ]);
    await talkative();
    client.close();
  };
  return { job: 'bug', adminUrls: [baton.adminUrl], stage, stop: async () => void (await baton.kill()) };
}

/** Not ready before etcd is. */
export async function startingGroup({ dir }: GroupOptions): Promise<StagedGroup> {
  const settings = { pool: { endpoints: ['127.0.0.1:1'], probe: { enabled: false } } };
  const baton = await instance(dir, 'starting', settings);
  const closed = `http://127.0.0.1:${await freePort()}`;
  const stage = async (expectAlert: Expect): Promise<void> => {
    await baton.stop();
    await baton.launch({ etcd: { endpoints: [closed] }, startup: { storeWaitMs: 60_000 } });
    await expectAlert('BatonStuckStarting', 'an instance starts, and etcd does not answer');
  };
  const stop = async (): Promise<void> => void (await baton.kill());
  return { job: 'starting', adminUrls: [baton.adminUrl], stage, stop };
}

async function instance(
  dir: string,
  name: string,
  settings: BatonSettings,
  command: readonly string[] = batonCommandLine('serve', '--config', '{config}'),
): Promise<Baton> {
  const quick = { drain: { noticeMs: 0, quietMs: 0, graceMs: 1_000 } };
  const [port, adminPort] = [await freePort(), await freePort()];
  const baton = new Baton({ name, port, adminPort, dir, settings: { ...quick, ...settings }, command });
  await baton.start();
  return baton;
}

async function overload(address: string, expectAlert: Expect): Promise<void> {
  const client = new ExtProcClient(address);
  const opening = Array.from({ length: 2 * limits.maxStreams }, () => client.open().catch(() => undefined));
  const exchanges = await Promise.all(opening);
  await expectAlert('BatonOverloaded', 'more requests than `limits.maxStreams`');
  for (const exchange of exchanges) exchange?.end();
  client.close();
}

async function tooManyConnections(address: string, expectAlert: Expect): Promise<void> {
  const sockets: Socket[] = [];
  const connecting = repeat(200, async () => {
    const socket = connect(splitHostPort(address));
    socket.on('error', () => {});
    sockets.push(socket);
  });
  await expectAlert(
    'BatonConnectionsLimited',
    'more connections than `limits.connections`, and further ones',
  );
  await connecting();
  for (const socket of sockets) socket.destroy();
}

async function endAtOnce(client: ExtProcClient): Promise<void> {
  const exchange = await client.open();
  exchange.end();
}

async function refuseList(address: string): Promise<void> {
  const client = new DiscoveryClient(address, 'StreamEndpoints');
  client.subscribe('default');
  for (let tries = 0; tries < 100 && client.responses.length === 0; tries++) await sleep(50);
  client.answer(['default'], 'malformed IP address');
  await sleep(1_000);
  client.close();
}

/** Runs it, with a pause between two runs, whether it fails or not. Returns what ends that. */
function repeat(pauseMs: number, run: () => Promise<unknown>): () => Promise<void> {
  let isOver = false;
  const loop = async (): Promise<void> => {
    while (!isOver) {
      await run().catch(() => {});
      await sleep(pauseMs);
    }
  };
  const running = loop();
  return () => {
    isOver = true;
    return running;
  };
}
