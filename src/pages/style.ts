/** The style sheet of all pages: light and dark, narrow and wide, on paper. */

const LIGHT = `
  --page: #ffffff; --panel: #f5f6f8; --line: #d7dbe0; --text: #1a1d21; --muted: #565e68; --accent: #1f5fc4;
  --shade: 31, 95, 196; --depth: .6; --warn: #8a4b00; --warn-panel: #fff5e5;
  --c0: #c62828; --c1: #5f7a00; --c2: #7b3fb5; --c3: #b86e00; --c4: #5d6672; --c5: #1f5fc4; --c6: #007a83; --c7: #b92c72;
  --s0: #1f5fc4; --s1: #c25a00;`;

const DARK = `
  --page: #14161a; --panel: #1d2026; --line: #383d46; --text: #e7e9ec; --muted: #a5adb8; --accent: #7fb2ff;
  --shade: 127, 178, 255; --depth: .45; --warn: #ffc46b; --warn-panel: #2b2418;
  --c0: #ff7b72; --c1: #b4cc45; --c2: #c9a0ff; --c3: #f2b13f; --c4: #a5adb8; --c5: #7fb2ff; --c6: #45c9d1; --c7: #ff8ac0;
  --s0: #7fb2ff; --s1: #ffa657;`;

export const STYLE = `
:root { color-scheme: light dark; ${LIGHT} }
@media screen and (prefers-color-scheme: dark) { :root { ${DARK} } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 64rem; padding: 2rem 1rem 4rem; background: var(--page); color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  overflow-wrap: break-word; }
h1, .lead, code, td.words { overflow-wrap: anywhere; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .25rem; letter-spacing: -.01em; }
h2 { font-size: 1.35rem; line-height: 1.3; margin: 3rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; }
p { margin: .5rem 0; max-width: 46rem; }
a { color: var(--accent); }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.lead { font-size: 1.1rem; color: var(--muted); margin: 0; max-width: none; }
.muted, figcaption, .how { color: var(--muted); }
.how { border-left: 3px solid var(--line); padding-left: .75rem; font-size: .95rem; }
.how b { color: var(--text); }
.warn { color: var(--warn); background: var(--warn-panel); border-radius: .4rem; padding: .5rem .75rem; }
nav { margin: 1.5rem 0; font-size: .95rem; }
nav ol { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; margin: 0; padding: 0; }

dl.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .75rem; margin: 1.5rem 0; }
dl.figures > div { background: var(--panel); border-radius: .5rem; padding: .65rem .8rem; display: flex;
  flex-direction: column-reverse; justify-content: flex-end; }
dl.figures dt { color: var(--muted); font-size: .85rem; line-height: 1.3; }
dl.figures dd { margin: 0; font-size: 1.25rem; font-weight: 600; line-height: 1.4; white-space: nowrap; font-variant-numeric: tabular-nums; }

.scroll { overflow-x: auto; max-width: 100%; margin: .75rem 0; }
table { border-collapse: collapse; min-width: min(100%, 36rem); font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--muted); font-size: .95rem; padding-bottom: .35rem; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
thead th { border-bottom-width: 2px; font-weight: 600; vertical-align: bottom; }
th.words, td.words { text-align: left; }
th, td:not(.words), time { white-space: nowrap; }
tbody th { font-weight: 600; }
tr > :first-child { padding-left: 0; }
tbody tr.total > * { border-top: 2px solid var(--line); }
table.matrix { border-spacing: 2px; border-collapse: separate; }
table.matrix th, table.matrix td { border: 0; padding: .3rem .4rem; }
table.matrix td { text-align: center; min-width: 4.6rem; background: rgba(var(--shade), calc(var(--part) * var(--depth))); line-height: 1.25; }
table.matrix td small { display: block; font-size: .75rem; }
table.matrix td.right { outline: 1.5px solid var(--muted); outline-offset: -1.5px; }
table.matrix thead th { text-align: center; }

figure { margin: 1rem 0; break-inside: avoid; }
figcaption { font-size: .9rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr)); gap: 0 1.5rem; }
.chart { max-width: 34rem; }
.chart.square { max-width: 30rem; }
.chart > b, .tiles-of > b { display: block; }
svg { display: block; width: 100%; height: auto; font-size: 13px; }
svg text { fill: var(--muted); }
svg .grid { stroke: var(--line); stroke-width: 1; fill: none; }
svg .axis { stroke: var(--muted); stroke-width: 1; fill: none; }
svg .line { fill: none; stroke: currentColor; stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round; }
svg .dot { fill: currentColor; }
svg .mark { stroke: var(--muted); stroke-width: 1.25; stroke-dasharray: 2 4; fill: none; }
ul.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1rem; margin: .25rem 0; padding: 0; font-size: .9rem; }
ul.legend svg { display: inline-block; width: 1.6em; height: .9em; vertical-align: -.05em; margin-right: .4em; }

.tiles { display: grid; gap: .75rem .6rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, var(--tile)), 1fr)); margin: .5rem 0; }
.tiles figure { margin: 0; }
.tiles img, .tiles > div img { display: block; width: 100%; height: auto; image-rendering: pixelated; border-radius: 2px; }
.tiles figcaption { font-size: .8rem; line-height: 1.3; margin-top: .25rem; }
.answer { display: grid; grid-template-columns: minmax(8rem, 14rem) minmax(0, 1fr); gap: 0 2rem; align-items: start; }
.answer img { display: block; width: 100%; height: auto; image-rendering: pixelated; border-radius: .3rem; }
.bar { display: block; width: calc(var(--part) * 12rem); min-width: 1px; height: 1em; margin-top: .25em; border-radius: 2px; background: var(--s0); }
cite { font-style: normal; }
.scale { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .5rem; font-size: .85rem; color: var(--muted); margin: .25rem 0; }
.scale i { display: block; flex: 0 1 10rem; min-width: 5rem; height: .7rem; border-radius: 2px; border: 1px solid var(--line); }

pre { background: var(--panel); border-radius: .5rem; padding: .8rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; margin: .5rem 0; }
code, pre { font: .9rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
details { margin: .75rem 0; }
summary { cursor: pointer; color: var(--accent); }
footer { margin-top: 4rem; padding-top: .75rem; border-top: 1px solid var(--line); color: var(--muted); font-size: .9rem; }

@media (max-width: 40rem) {
  body { padding-top: 1.25rem; }
  h1 { font-size: 1.6rem; }
  .answer { grid-template-columns: minmax(0, 1fr); }
  .answer figure { max-width: 12rem; }
  .bar { width: calc(var(--part) * 5rem); }
  th, td { padding: .3rem .45rem; }
  table.matrix { border-spacing: 1px; }
  table.matrix th, table.matrix td { padding: .2rem .1rem; font-size: .8rem; min-width: 0; }
  table.matrix td small { font-size: .65rem; }
  table.matrix thead th.words { writing-mode: horizontal-tb; }
  table.matrix thead th:not(.words) { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; margin: 0 auto; }
}
@media print {
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  html { font-size: 9.5pt; }
  body { max-width: none; padding: 0; }
  nav, summary { display: none; }
  h2, h3 { break-after: avoid; }
  h2 { margin-top: 1.5rem; }
  tr, dl, pre, ul.legend, .how, .tiles[role], table.matrix { break-inside: avoid; }
  .scroll { overflow: visible; }
}
@page { margin: 18mm 15mm; }
`;
