/** The style sheet of a page: light, or dark where the viewer prefers it. Nothing is fetched. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ground: #f4f5f7; --ink: #1c2128; --faint: #5e6875; --rule: #dfe3e8;
  --good: #1a7f4b; --good-soft: #e3f5ea; --bad: #c4261d; --bad-soft: #fde8e6; --band: #eef1f6; --cap: #d9e0ea;
  --rollback: #f6eee2; --rollback-cap: #ead9bd; --rate: #5b7fb5;
  --ready: #7fc8a0; --starting: #f2cf63; --standby: #b3a5e0; --draining: #f0a35e; --down: #c9ced6;
  --i0: #3f6fb0; --i1: #b8407f; --i2: #45a9c4; --i3: #8a5a3b; --i4: #8577c4; --i5: #75808c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #181c22; --ground: #101317; --ink: #e4e8ee; --faint: #98a3b1; --rule: #2d343e;
    --good: #5fd195; --good-soft: #16331f; --bad: #ff7b70; --bad-soft: #43201d; --band: #1f252e; --cap: #2f3947;
    --rollback: #2b251b; --rollback-cap: #463a26; --rate: #6f95cf;
    --ready: #2f8158; --starting: #a88a2a; --standby: #6a5ca3; --draining: #b56a2a; --down: #3a424d;
    --i0: #5f93d8; --i1: #cf5f9b; --i2: #5dbcd6; --i3: #b07f5e; --i4: #9d90dc; --i5: #97a2ae;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1200px; margin: 0 auto; padding: 24px 20px 48px; }
h1 { font-size: 24px; margin: 0; line-height: 1.25; }
h2 { font-size: 17px; margin: 32px 0 10px; }
p { margin: 6px 0; }
.verdict { border-left: 6px solid var(--good); background: var(--good-soft); padding: 16px 20px; border-radius: 6px; }
.verdict.failed { border-color: var(--bad); background: var(--bad-soft); }
.verdict h1 { color: var(--good); }
.verdict.failed h1 { color: var(--bad); }
.verdict ul { margin: 8px 0 0; padding-left: 20px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(230px, 46%), 1fr)); gap: 10px; margin: 14px 0 0; }
.tile { background: var(--paper); border: 1px solid var(--rule); border-radius: 6px; padding: 10px 14px; }
.tile b { display: block; font-size: 22px; line-height: 1.3; font-variant-numeric: tabular-nums; }
.tile span { color: var(--faint); font-size: 13px; }
.tile.good b { color: var(--good); }
.tile.bad b { color: var(--bad); }
.sheet { background: var(--paper); border: 1px solid var(--rule); border-radius: 6px; padding: 14px; overflow-x: auto; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; color: var(--faint); font-size: 13px; margin: 0 0 10px; }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 2px; margin-right: 6px; vertical-align: -1px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 4px 10px; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th { color: var(--faint); font-weight: 500; font-size: 13px; }
th:first-child, td:first-child, th.text, td.text { text-align: left; }
td.bad { color: var(--bad); font-weight: 600; }
tr.first td { border-top: 1px solid var(--faint); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 18px; margin: 0; }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; }
code { font: 13px/1.5 ui-monospace, monospace; }
svg { display: block; width: 100%; min-width: 720px; height: auto; font: 11.5px system-ui, sans-serif; fill: var(--ink); }
svg .title { font-weight: 600; }
svg .value, svg .tick { fill: var(--faint); }
svg .value { text-anchor: end; }
svg .tick, svg .step text, svg .inlane { text-anchor: middle; }
svg .grid { stroke: var(--rule); stroke-width: 1; }
svg .rate { fill: var(--rate); opacity: .75; }
svg .strip { fill: var(--good-soft); }
svg .good { fill: var(--good); font-weight: 600; }
svg .bad { fill: var(--bad); }
svg .step rect { fill: var(--band); }
svg .step .cap { fill: var(--cap); }
svg .step.rollback rect { fill: var(--rollback); }
svg .step.rollback .cap { fill: var(--rollback-cap); }
svg .layer { opacity: .85; }
svg .line { fill: none; stroke-width: 1.5; }
svg .loaded { stroke: var(--good); }
svg .empty { stroke: var(--bad); stroke-width: 2; }
svg .counted { fill: none; stroke: var(--faint); stroke-width: 1.5; }
svg .loaded .believed { fill: var(--good); stroke: none; }
svg .empty .believed { fill: var(--bad); stroke: none; }
.ready { fill: var(--ready); background: var(--ready); }
.starting { fill: var(--starting); background: var(--starting); }
.standby { fill: var(--standby); background: var(--standby); }
.draining { fill: var(--draining); background: var(--draining); }
.down, .stopped { fill: var(--down); background: var(--down); }
${[0, 1, 2, 3, 4, 5]
  .map((nth) => `.i${nth} { fill: var(--i${nth}); stroke: var(--i${nth}); background: var(--i${nth}); }`)
  .join('\n')}
svg .layer { stroke: none; }
@media print { .sheet { overflow: visible; } }
`;
