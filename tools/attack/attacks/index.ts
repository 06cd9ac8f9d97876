import type { Attack } from '../attack.ts';
import { bombs } from './bombs.ts';
import { floods } from './floods.ts';
import { forgedRecords } from './forgedRecords.ts';
import { slowClients } from './slowClients.ts';
import { spellings } from './spellings.ts';

const all: readonly Attack[] = [
  {
    // The figures of the others compare with this.
    name: 'none',
    group: 'floods',
    run: ({ clients }) => {
      clients.begin();
      return clients.ended();
    },
  },
  ...floods,
  ...bombs,
  ...forgedRecords,
  ...spellings,
  ...slowClients,
];

/** In the order in which they run: other settings take another start of the instance. */
export const attacks: readonly Attack[] = [
  ...all.filter(({ settings }) => settings === undefined),
  ...all.filter(({ settings }) => settings !== undefined),
];
