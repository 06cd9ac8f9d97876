const width = 120;
const height = 30;
const svg = 'http://www.w3.org/2000/svg';

/** A small chart without axes; the number beside it says the last value. */
export class Sparkline {
  /** @type {SVGSVGElement} */
  element;
  #line = document.createElementNS(svg, 'path');
  #area = document.createElementNS(svg, 'path');

  constructor() {
    this.element = document.createElementNS(svg, 'svg');
    this.element.setAttribute('class', 'spark');
    this.element.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.element.setAttribute('preserveAspectRatio', 'none');
    this.element.setAttribute('aria-hidden', 'true');
    this.#area.setAttribute('class', 'area');
    this.element.append(this.#area, this.#line);
  }

  /** @param {readonly number[]} values oldest first */
  update(values) {
    const most = Math.max(1, ...values);
    const step = width / Math.max(1, values.length - 1);
    const points = values.map((value, index) => {
      const y = height - 1 - (value / most) * (height - 3);
      return `${(index * step).toFixed(1)} ${y.toFixed(1)}`;
    });
    const line = points.length < 2 ? '' : `M${points.join('L')}`;
    this.#line.setAttribute('d', line);
    this.#area.setAttribute('d', line === '' ? '' : `${line}L${width} ${height}L0 ${height}Z`);
  }
}
