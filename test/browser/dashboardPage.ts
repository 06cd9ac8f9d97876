import type { BrowserPage } from '../support/chromium.ts';

/** What the page shows, read from its elements. */
export interface ShownPage {
  readonly headline: string;
  readonly level: string;
  readonly problems: readonly string[];
  readonly connection: string;
  readonly tiles: Readonly<Record<string, string>>;
  /** By name: phase, release, generation, in flight. */
  readonly instances: Readonly<Record<string, readonly string[]>>;
  /** Of the rows that are shown, by address: the cells from the state to the first token. */
  readonly pods: Readonly<Record<string, readonly string[]>>;
  readonly events: readonly string[];
}

const script = `(() => {
  const text = (node) => node?.textContent.trim() ?? '';
  const cells = (row) => [...row.cells].map(text);
  const all = (selector) => [...document.querySelectorAll(selector)];
  return {
    headline: text(document.querySelector('#headline')),
    level: document.querySelector('#verdict').className.replace('verdict ', ''),
    problems: document.querySelector('#problems').hidden ? [] : all('#problems li').map(text),
    connection: text(document.querySelector('#connection')),
    tiles: Object.fromEntries(all('.tile').map((tile) => [tile.id.slice(5), text(tile.querySelector('b'))])),
    instances: Object.fromEntries(all('#instances tr').map((row) => {
      const [name, phase, release, generation, inFlight] = cells(row);
      return [name.split(' ')[0], [phase, release, generation, inFlight]];
    })),
    pods: Object.fromEntries(all('#pod-rows tr').map((row) => {
      const [address, ...others] = cells(row);
      return [address, others.slice(0, 6)];
    })),
    events: all('#events li').map(text),
  };
})()`;

export function readPage(page: BrowserPage): Promise<ShownPage> {
  return page.evaluate<ShownPage>(script);
}

/** The page has drawn a reading. */
export function hasDrawn(page: BrowserPage): Promise<boolean> {
  return page.evaluate<boolean>('document.body?.dataset.at !== undefined');
}
