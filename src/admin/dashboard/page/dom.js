/**
 * The DOM in a few functions. Text is only ever text: names of pods and instances come from etcd,
 * so nothing here parses HTML.
 */

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Readonly<Record<string, string>>} [attributes]
 * @param {readonly (Node | string)[]} [children]
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, attributes = {}, children = []) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

/**
 * Writes only what differs, so that the browser lays out nothing that has not changed.
 *
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * @param {Element} node
 * @param {string} classes
 */
export function setClass(node, classes) {
  if (node.getAttribute('class') !== classes) node.setAttribute('class', classes);
}

/**
 * @param {HTMLElement} node
 * @param {'width' | 'left'} property
 * @param {number} share of the whole, 0 to 1
 */
export function setShare(node, property, share) {
  const percent = `${Math.round(share * 1000) / 10}%`;
  if (node.style[property] !== percent) node.style[property] = percent;
}

/**
 * What a list of elements was made from, by its parent.
 *
 * @type {WeakMap<Element, Map<string, Element>>}
 */
const listed = new WeakMap();

/**
 * Makes the children of an element those of the items, in their order. An item that was there
 * before keeps its element, and with it the focus.
 *
 * @template Item
 * @template {Element} Made
 * @param {Element} parent has no other children
 * @param {readonly Item[]} items
 * @param {(item: Item) => string} keyOf
 * @param {(item: Item) => Made} create
 * @param {(made: Made, item: Item) => void} update
 */
export function reconcile(parent, items, keyOf, create, update) {
  const before = listed.get(parent) ?? new Map();
  /** @type {Map<string, Element>} */
  const now = new Map();
  let next = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    const made = /** @type {Made} */ (before.get(key) ?? create(item));
    update(made, item);
    now.set(key, made);
    if (made === next) next = next.nextElementSibling;
    else parent.insertBefore(made, next);
  }
  for (const [key, made] of before) if (!now.has(key)) made.remove();
  listed.set(parent, now);
}

/**
 * A cell that says which column it is in, where a narrow screen shows rows as cards.
 *
 * @param {string} label
 * @param {string} [classes]
 * @param {readonly Node[]} [children]
 */
export function cell(label, classes = '', children = []) {
  return element('td', { role: 'cell', 'data-label': label, class: classes }, children);
}
