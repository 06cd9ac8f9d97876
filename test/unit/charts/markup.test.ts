import { html } from '../../../tools/charts/markup.ts';

it('takes everything for text that is not markup', () => {
  const hostile = `"><script>alert('1') & more</script>`;
  expect(html`<p title="${hostile}">${hostile}</p>`.text).not.toMatch(/<script|'|& /);
});

it('keeps markup, single or in a list, as it is', () => {
  expect(html`<ul>${[html`<li>${1}</li>`, html`<li>a&b</li>`]}</ul>${html`<br>`}`.text).toBe(
    '<ul><li>1</li><li>a&b</li></ul><br>',
  );
});
