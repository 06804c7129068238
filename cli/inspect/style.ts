/** The page's look, in light and in dark; at 1280 pixels five panes stand side by side, in a narrow window one below another. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --pane: #ffffff; --edge: #d9dee5; --ink: #1c232c; --soft: #5b6672; --accent: #2457c5; --bad: #b3261e;
  --word: #6d1fa8; --string: #12582f; --number: #823c00; --name: #08505f; --tint: 95%; --lit: 90%; --bar: 48%;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12161c; --pane: #191f27; --edge: #2d3642; --ink: #e3e8ee; --soft: #97a3b1; --accent: #86adff; --bad: #ff8a80;
    --word: #dcbcff; --string: #9be3b4; --number: #f5c08a; --name: #8fdcee; --tint: 16%; --lit: 20%; --bar: 60%;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; height: 100vh; display: flex; flex-direction: column; background: var(--ground); color: var(--ink);
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", sans-serif;
}
header { padding: 14px 18px 10px; }
h1 { margin: 0; font-size: 21px; letter-spacing: -0.01em; display: inline; }
h1 small { font-size: 13px; font-weight: 400; color: var(--soft); margin-left: 6px; }
.configuration { display: inline; margin: 0 0 0 12px; }
kbd {
  font: 12px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; padding: 2px 7px; margin-right: 5px;
  border: 1px solid var(--edge); border-radius: 9px; background: var(--pane); white-space: nowrap;
}
kbd.arch { background: var(--accent); border-color: var(--accent); color: var(--pane); }
.doc { margin: 4px 0 0; color: var(--soft); max-width: 110ch; }
dl { display: flex; flex-wrap: wrap; gap: 8px; margin: 10px 0; }
dl div { flex: 1 1 118px; min-width: 0; background: var(--pane); border: 1px solid var(--edge); border-radius: 8px; padding: 6px 10px; }
dt { font-size: 11.5px; color: var(--soft); }
dd { margin: 0; font-size: 17px; font-weight: 600; font-variant-numeric: tabular-nums; }
dl p { margin: 0; font-size: 11.5px; color: var(--soft); line-height: 1.3; }
dl .wide { flex: 2 1 205px; }
.bad dd { color: var(--bad); }
nav { display: flex; gap: 6px; flex-wrap: wrap; }
nav button {
  font: inherit; font-size: 12.5px; padding: 2px 11px; border-radius: 12px; border: 1px solid var(--edge); background: transparent;
  color: var(--soft); cursor: pointer;
}
nav button[aria-pressed="true"] { background: var(--pane); color: var(--ink); border-color: var(--accent); }
button:focus-visible, ol:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
main { flex: 1; min-height: 0; display: flex; gap: 8px; padding: 0 18px; }
.sources { flex: 0 1 32%; min-width: 0; display: flex; flex-direction: column; gap: 8px; }
.sources:not(:has(section:not([hidden]))) { display: none; }
.made { flex: 1 1 0; min-width: 0; display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); grid-auto-rows: minmax(0, 1fr); gap: 8px; }
.made:has(section:not([hidden])):not(:has(section:not([hidden]) ~ section:not([hidden]))) { grid-template-columns: minmax(0, 1fr); }
section {
  min-height: 0; flex: 1 1 0; display: flex; flex-direction: column; background: var(--pane); border: 1px solid var(--edge);
  border-radius: 8px; overflow: hidden;
}
section[hidden] { display: none; }
h2 {
  margin: 0; padding: 5px 10px; font-size: 12.5px; border-bottom: 1px solid var(--edge); display: flex; gap: 8px; align-items: baseline;
}
h2 small { font-weight: 400; color: var(--soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
h2 span { margin-left: auto; font-weight: 400; font-size: 11.5px; color: var(--soft); white-space: nowrap; }
ol {
  list-style: none; margin: 0; padding: 4px 0; overflow: auto; flex: 1; min-height: 0; position: relative;
  font: 11.5px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; tab-size: 4;
}
li { display: flex; width: max-content; min-width: 100%; border-left: 3px solid transparent; padding-right: 10px; }
li b { flex: 0 0 4ch; text-align: right; font-weight: 400; color: var(--soft); margin-right: 1ch; user-select: none; }
li code { font: inherit; white-space: pre; padding-left: 8px; }
li i {
  position: sticky; right: 6px; margin-left: auto; padding: 0 6px; border-radius: 8px; font-style: normal; font-size: 10.5px;
  color: var(--soft); background: var(--pane); border: 1px solid var(--edge); line-height: 1.35; align-self: center;
}
li.mapped { border-left-color: hsl(var(--hue) 55% var(--bar)); cursor: pointer; }
li.lit { background: hsl(var(--hue) 55% var(--tint)); }
li.pinned { background: hsl(var(--hue) 55% var(--lit)); box-shadow: inset 3px 0 hsl(var(--hue) 55% var(--bar)); }
s { text-decoration: none; }
.comment { color: var(--soft); } .word { color: var(--word); } .string { color: var(--string); }
.number { color: var(--number); } .name { color: var(--name); }
.pinned b, .pinned .comment { color: inherit; }
footer { padding: 6px 18px 8px; font-size: 11.5px; color: var(--soft); }
@media (max-width: 900px) {
  body { height: auto; min-height: 100vh; }
  header, main, footer { padding-left: 10px; padding-right: 10px; }
  .configuration { display: flex; flex-wrap: wrap; gap: 4px 0; margin: 6px 0 0; }
  dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(130px, 1fr)); }
  main, .made { display: flex; flex-direction: column; }
  .sources, .made, section { flex: none; }
  ol { max-height: 42vh; }
}
`;
