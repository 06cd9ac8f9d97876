import { MemoryLedger } from '../../../src/ledger/memoryLedger.ts';

it('says how many tokens of prompts its instance assigned to each pod, in all', () => {
  const ledger = new MemoryLedger();
  ledger.assign('10.0.0.1:8000', 300);
  ledger.reserve('10.0.0.1:8000').release();
  ledger.assign('10.0.0.1:8000', 200);
  expect(['10.0.0.1:8000', '10.0.0.2:8000'].map((address) => ledger.assignedTokens(address))).toEqual([
    500, 0,
  ]);
});
