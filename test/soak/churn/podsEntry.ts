import { setTimeout as sleep } from 'node:timers/promises';
import { type PodsSummary, RegisteredPods } from './registeredPods.ts';

/**
 * The pods of a churn in a process of their own, apart from the load: `podsEntry.ts ETCD PODS`.
 * Its parent sends commands, and gets the summary as the answer to each.
 */
export type PodsCommand = 'start-changes' | 'stop-changes' | 'summary';
export type PodsReply = { readonly command: PodsCommand | 'ready' } & PodsSummary;

/** A pod comes and another one goes in this time. */
const changeMs = 500;

const [etcdEndpoint = '', count = '0'] = process.argv.slice(2);
const registered = new RegisteredPods(etcdEndpoint);
let isChanging = false;
let changes: Promise<unknown> = Promise.resolve();

async function change(): Promise<void> {
  const departures: Promise<void>[] = [];
  while (isChanging) {
    await registered.add();
    departures.push(registered.removeOldest());
    await sleep(changeMs);
  }
  await Promise.all(departures);
}

const reply = (command: PodsReply['command']) => process.send?.({ command, ...registered.summary() });

async function obey(command: PodsCommand): Promise<void> {
  if (command === 'start-changes') {
    isChanging = true;
    changes = change();
  } else if (command === 'stop-changes') {
    isChanging = false;
    await changes;
  }
  reply(command);
}

process.on('message', (command) => void obey(command as PodsCommand));
process.on('disconnect', () => process.exit(0));
while (registered.size < Number(count)) await registered.add();
reply('ready');
