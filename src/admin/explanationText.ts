import type { Explanation } from '../scheduling/explanation.ts';

/** An explanation for people: facts, filters, costs, pick. */
export function explanationText(explanation: Explanation): string {
  const { facts, policy, chosenBy, ready, filters, candidates, costs, pick, why } = explanation;
  const known = Object.entries(facts).map(([name, value]) => `${name} ${value}`);
  const lines = [
    `request      ${known.join(', ') || 'asks for nothing in particular'}`,
    `policy       ${policy ?? 'unknown'}${chosenBy === null ? '' : `, by ${chosenBy}`}`,
    `ready        ${ready} endpoints`,
    ...filters.map(({ filter, left, removed }) => {
      const names = removed.length > 0 ? `, removed ${removed.join(', ')}` : '';
      return `filter       ${filter}: ${left} left${names}`;
    }),
    ...costs.map(({ address, cost, inFlight }) => {
      const costText = cost === null ? 'no cost' : `cost ${Number(cost.toPrecision(4))}`;
      return `candidate    ${address}: ${costText}, ${Number(inFlight.toFixed(1))} in flight`;
    }),
  ];
  if (candidates > costs.length) lines.push(`candidates   ${candidates} in all`);
  lines.push(`pick         ${pick ?? 'none'}: ${why}`);
  return `${lines.join('\n')}\n`;
}
