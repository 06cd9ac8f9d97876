import type { Attack } from './attack.ts';
import { attacks } from './attacks/index.ts';
import { AttackThread } from './attackThread.ts';
import { type AttackOptions, measureAttack } from './measureAttack.ts';
import type { MeasuredAttack } from './measuredAttack.ts';
import { openStage } from './target.ts';

export interface RunAttacksOptions extends AttackOptions {
  /** Those whose name or group contains this. Default: all. */
  readonly only?: string;
  /** Each attack meets an instance that has just started, so that its memory is comparable. */
  readonly freshInstances: boolean;
  readonly signal?: AbortSignal;
  readonly onMeasured?: (measured: MeasuredAttack) => void;
}

/** Runs the attacks one after the other, each beside a neighbour. */
export async function runAttacks(options: RunAttacksOptions): Promise<MeasuredAttack[]> {
  const { only = '', freshInstances, signal, onMeasured } = options;
  const chosen = attacks.filter(({ name, group }) => name.includes(only) || group.includes(only));
  const measured: MeasuredAttack[] = [];
  const stage = await openStage();
  const thread = new AttackThread();
  let current: Attack['settings'];
  try {
    for (const attack of chosen) {
      if (signal?.aborted) break;
      const isFit = stage.baton.process.running && attack.settings === current;
      if (freshInstances || !isFit) await stage.startInstance(attack.settings);
      current = attack.settings;
      const row = await measureAttack(attack, stage, thread, options);
      measured.push(row);
      onMeasured?.(row);
    }
  } finally {
    await thread.close();
    await stage.stop();
  }
  return measured;
}
