import { html } from '../../../tools/charts/markup.ts';

it('escapes everything that is not markup', () => {
  const hostile = `"><script>alert('1') & more</script>`;
  expect(html`<p title="${hostile}">${hostile}</p>`.text).not.toMatch(/<script|'|& /);
});

it('keeps markup, single or in a list', () => {
  expect(html`<ul>${[html`<li>${1}</li>`, html`<li>a&b</li>`]}</ul>${html`<br>`}`.text).toBe(
    '<ul><li>1</li><li>a&b</li></ul><br>',
  );
});
