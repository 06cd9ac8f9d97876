/** @import { FeedMessage } from '../feedMessage.ts' */
import { byId, element, reconcile, setText } from './dom.js';

/**
 * What an operator can change of the pool that is shown, where the instance takes a token and the
 * watcher has given it. The token is kept in this object only, so it is gone with the page.
 */
export class Operator {
  #token = '';
  #name = /** @type {HTMLInputElement} */ (byId('operator-name'));
  #reason = /** @type {HTMLInputElement} */ (byId('operator-reason'));
  #generation = /** @type {HTMLSelectElement} */ (byId('operator-generation'));
  #setting = /** @type {HTMLSelectElement} */ (byId('operator-setting'));
  #value = /** @type {HTMLInputElement} */ (byId('operator-value'));
  /** Of the dynamic settings, by name. */
  #settings = /** @type {Readonly<Record<string, unknown>>} */ ({});

  constructor() {
    byId('operator-token-form').addEventListener('submit', (event) => {
      event.preventDefault();
      const input = /** @type {HTMLInputElement} */ (byId('operator-token'));
      this.#token = input.value;
      input.value = '';
      this.#showControls();
    });
    const controls = /** @type {HTMLFormElement} */ (byId('operator-controls'));
    // None of the buttons submits, or Enter in a field would press the first.
    controls.addEventListener('submit', (event) => event.preventDefault());
    for (const button of controls.querySelectorAll('button[data-action]')) {
      button.addEventListener('click', () => {
        if (controls.reportValidity()) this.#act(button.getAttribute('data-action') ?? '');
      });
    }
    byId('operator-forget').addEventListener('click', () => this.#forget());
    this.#setting.addEventListener('change', () => this.#showValue());
  }

  /** @param {FeedMessage} message */
  update({ hasOperator, state }) {
    byId('operator').hidden = !hasOperator;
    if (!hasOperator) return;
    const { instance, peers, steering } = state;
    setText(byId('operator-drain'), `Drain ${instance.id}`);
    const pinned = steering.pinnedGeneration;
    setText(byId('operator-pinned'), pinned === null ? 'none is pinned' : `${pinned} is pinned`);
    const generations = new Set([instance, ...peers].map(({ generation }) => generation));
    showOptions(this.#generation, [...generations].sort((a, b) => b - a).map(String));
  }

  async #showControls() {
    const answer = await this.#send('GET', 'operator');
    if (answer === undefined) return;
    this.#settings = answer.settings ?? {};
    showOptions(this.#setting, Object.keys(this.#settings));
    this.#showValue();
    byId('operator-controls').hidden = false;
    byId('operator-token-form').hidden = true;
    say('');
    this.#name.focus();
  }

  #forget() {
    this.#token = '';
    byId('operator-controls').hidden = true;
    byId('operator-token-form').hidden = false;
    say('');
  }

  #showValue() {
    this.#value.value = String(this.#settings[this.#setting.value] ?? '');
  }

  /** @param {string} action */
  async #act(action) {
    const parameters = new URLSearchParams({ operator: this.#name.value, reason: this.#reason.value });
    if (action === 'upgrade/pin') parameters.set('generation', this.#generation.value);
    const setting = this.#setting.value;
    if (action === 'dynamic/set') parameters.set('setting', `${setting}=${this.#value.value}`);
    if (action === 'dynamic/unset') parameters.set('setting', setting);
    const answer = await this.#send('POST', `operator/${action}?${parameters}`);
    if (answer === undefined) return;
    say(`Done: ${answer.done}`);
    // The next change has a reason of its own.
    this.#reason.value = '';
  }

  /**
   * @param {'GET' | 'POST'} method
   * @param {string} path
   * @returns {Promise<{ settings?: Readonly<Record<string, unknown>>, done?: string } | undefined>}
   * undefined: refused, which is said
   */
  async #send(method, path) {
    try {
      const answer = await fetch(path, { method, headers: { authorization: `Bearer ${this.#token}` } });
      const json = await answer.json();
      if (answer.ok) return json;
      say(`Refused: ${json.error}`);
    } catch {
      say('The instance does not answer.');
    }
    return undefined;
  }
}

/** @param {string} text */
function say(text) {
  setText(byId('operator-answer'), text);
}

/**
 * @param {HTMLSelectElement} select
 * @param {readonly string[]} values
 */
function showOptions(select, values) {
  reconcile(
    select,
    values,
    (value) => value,
    (value) => element('option', { value }, [value]),
    () => {},
  );
}
