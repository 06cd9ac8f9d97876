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
  /** Measures an attack again that is not this; the last measurement counts. Default: never. */
  readonly isGood?: (measured: MeasuredAttack) => boolean;
  readonly signal?: AbortSignal;
  readonly onMeasured?: (measured: MeasuredAttack) => void;
}

/** Of one attack: other work on the machine costs time as well. */
const mostMeasurements = 3;

/** Runs the attacks one after the other, each beside a neighbour. */
export async function runAttacks(options: RunAttacksOptions): Promise<MeasuredAttack[]> {
  const { only = '', freshInstances, isGood = () => true, signal, onMeasured } = options;
  const chosen = attacks.filter(({ name, group }) => name.includes(only) || group.includes(only));
  const measured: MeasuredAttack[] = [];
  const stage = await openStage();
  const thread = new AttackThread();
  let current: Attack['settings'];
  try {
    const measure = async (attack: Attack): Promise<MeasuredAttack> => {
      const isFit = stage.baton.process.running && attack.settings === current;
      if (freshInstances || !isFit) await stage.startInstance(attack.settings);
      current = attack.settings;
      return measureAttack(attack, stage, thread, options);
    };
    for (const attack of chosen) {
      if (signal?.aborted) break;
      let row = await measure(attack);
      for (let count = 1; count < mostMeasurements && !isGood(row); count += 1) row = await measure(attack);
      measured.push(row);
      onMeasured?.(row);
    }
  } finally {
    await thread.close();
    await stage.stop();
  }
  return measured;
}
