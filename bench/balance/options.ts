import { parseArgs } from 'node:util';

/** The options of `make bench-balance`, as in `ARGS="--rounds 1 --seconds 10"`. */
export interface Options {
  readonly instances: readonly number[];
  readonly sharing: 'on' | 'off' | 'both';
  readonly rounds: number;
  /** For setups that share nothing: their difference is large, so fewer rounds show it. */
  readonly roundsOff: number;
  /** Measured time of each setup and round. */
  readonly seconds: number;
  /** Time under load before the measurement: the pods start empty. */
  readonly warmSeconds: number;
  readonly load: FleetLoad;
  /** Instances that are upgraded under load; 0 leaves that part out. */
  readonly upgrade: number;
  /** Time before and after the upgrade. */
  readonly upgradeSeconds: number;
  /** Time of the cross-check of the view age; 0 leaves it out. */
  readonly viewAgeSeconds: number;
  readonly saveDir: string | undefined;
}

/** The pods and their utilisation. */
export interface FleetLoad {
  readonly pods: number;
  readonly slots: number;
  /** Mean time that a request takes once it has a slot. */
  readonly serviceMs: number;
  /** The fraction of all slots that is busy on average. */
  readonly utilisation: number;
}

const flag = (value: string) => ({ type: 'string', default: value }) as const;

/** @throws Error that names the flag */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      instances: flag('1,2,4,8'),
      sharing: flag('both'),
      rounds: flag('3'),
      'rounds-off': flag('1'),
      seconds: flag('30'),
      'warm-seconds': flag('8'),
      pods: flag('8'),
      slots: flag('8'),
      'service-ms': flag('400'),
      utilisation: flag('0.9'),
      upgrade: flag('3'),
      'upgrade-seconds': flag('15'),
      'view-age-seconds': flag('30'),
      save: { type: 'string' },
    },
  });
  const number = (name: Exclude<keyof typeof values, 'save'>, least: number): number => {
    const value = Number(values[name]);
    if (!(value >= least)) throw new Error(`--${name} is "${values[name]}"; expected a number from ${least}`);
    return value;
  };
  const { sharing } = values;
  if (sharing !== 'on' && sharing !== 'off' && sharing !== 'both') {
    throw new Error(`--sharing is "${sharing}"; expected on, off or both`);
  }
  const instances = values.instances.split(',').map(Number);
  if (!instances.every((count) => Number.isInteger(count) && count >= 1)) {
    throw new Error(`--instances is "${values.instances}"; expected numbers from 1, as 1,2,4,8`);
  }
  return {
    instances,
    sharing,
    rounds: number('rounds', 0),
    roundsOff: number('rounds-off', 0),
    seconds: number('seconds', 1),
    warmSeconds: number('warm-seconds', 0),
    load: {
      pods: number('pods', 1),
      slots: number('slots', 1),
      serviceMs: number('service-ms', 1),
      utilisation: number('utilisation', 0.01),
    },
    upgrade: number('upgrade', 0),
    upgradeSeconds: number('upgrade-seconds', 1),
    viewAgeSeconds: number('view-age-seconds', 0),
    saveDir: values.save,
  };
}
