import type { Filter } from '../filter.ts';
import { labelsFilter } from './labels.ts';
import { modelFilter } from './model.ts';
import { quarantineFilter } from './quarantine.ts';
import { roomFilter } from './room.ts';
import { subsetFilter } from './subset.ts';

/**
 * Every filter of Baton, in the order in which they are applied. A filter is a file of this folder
 * and a line here: docs/policies.md and explained decisions take its name from this list. Filters
 * with `byLoad` come last.
 */
export const filters: readonly Filter[] = [
  quarantineFilter,
  subsetFilter,
  modelFilter,
  labelsFilter,
  roomFilter,
];
