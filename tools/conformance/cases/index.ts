import type { ConformanceCase } from '../conformanceCase.ts';
import { bodyCases } from './bodyCases.ts';
import { decisionCases } from './decisionCases.ts';
import { healthCases } from './healthCases.ts';
import { hostileCases } from './hostileCases.ts';
import { responseCases } from './responseCases.ts';
import { streamCases } from './streamCases.ts';
import { subsetCases } from './subsetCases.ts';
import { tlsCases } from './tlsCases.ts';

/** Every case, in the order in which they run. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...healthCases,
  ...tlsCases,
  ...decisionCases,
  ...bodyCases,
  ...subsetCases,
  ...responseCases,
  ...streamCases,
  ...hostileCases,
];
