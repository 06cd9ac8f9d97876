import type { Pod } from '../../tools/testbed/pod.ts';
import { allIsShared, expectFound, sendTurn, startCachingPods, type Turn } from '../support/chats.ts';
import { allCountsReturnToZero } from '../support/counts.ts';
import { waitForDecisions } from '../support/envoyWindows.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { SourceCopy } from '../support/sourceCopy.ts';
import { useTopology } from '../support/topology.ts';

/**
 * A release beside a newer one that hashes prompts in another way as well. The newer one is a copy
 * of the source with a second scheme, in which ten minutes are two seconds.
 */
checkForLeaks();

const chats = 6;

describe('an upgrade to a release with another hashing scheme', () => {
  let pods: Pod[] = [];
  let newer: SourceCopy;
  beforeAll(async () => {
    [pods, newer] = await Promise.all([startCachingPods(4), SourceCopy.make()]);
    const added = '{ number: 2, firstCutOffset: 300, nextCutOffset: (offset) => offset + 300 }';
    await newer.replace('src/prefix/hashingSchemes.ts', 'nextCutOffset }];', `nextCutOffset }, ${added}];`);
    await newer.replace('src/prefixSharing/hashingChoice.ts', 'ForMs = 600_000', 'ForMs = 2_000');
  });
  afterAll(() => Promise.all([...pods.map((pod) => pod.stop()), newer.remove()]));

  const topology = useTopology(async () => ({
    instances: 2,
    externalPods: pods.map(({ address }) => address),
    baton: {
      pool: { endpoints: pods.map(({ address }) => ({ address })) },
      scheduling: { policy: 'prefix' },
    },
    amendEnvoy: waitForDecisions,
  }));
  afterEach(() => allCountsReturnToZero(topology()));

  let last: readonly Turn[] = [];
  let turn = 0;

  async function eachChatGoesOn(): Promise<void> {
    turn += 1;
    const before = last;
    const said: Turn[] = [];
    for (let chat = 0; chat < chats; chat += 1) said.push(await sendTurn(topology(), chat, turn));
    last = said;
    for (const [chat, one] of before.entries()) expectFound(said[chat], one);
    await allIsShared(topology());
  }

  async function schemesInUse(): Promise<unknown[]> {
    const states = await Promise.all(topology().instances.map((instance) => instance.state()));
    return states.map(({ prefixes }) => prefixes?.scheme);
  }

  async function upgrade(nth: number): Promise<void> {
    const { envoy, instances } = topology();
    const instance = instances[nth];
    await instance?.stopCleanly();
    // Of one generation, so that Envoy asks both.
    await instance?.startAs({ release: '2.0.0', generation: 1, command: newer.serveCommand });
    await envoy.waitForHealthy(
      'scheduler',
      instances.map(({ address }) => address),
    );
  }

  it('no chat loses its cache, before, in between, and when all hash in the new way', async () => {
    await eachChatGoesOn();
    await eachChatGoesOn();
    await upgrade(0);
    expect(await schemesInUse()).toEqual([1, 1]);
    await eachChatGoesOn();
    await eachChatGoesOn();
    await upgrade(1);
    await eventually(async () => expect(await schemesInUse()).toEqual([2, 2]));
    await eachChatGoesOn();
    await eachChatGoesOn();
  }, 180_000);
});
