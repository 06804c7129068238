/** The page's look, in light and in dark. Pictures stay on white. */
export const STYLE = `
:root { color-scheme: light dark; --ground: #ffffff; --edge: #d9dee5; --ink: #1c232c; --soft: #5b6672; --better: #1b6e3c; --worse: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #12161c; --edge: #2d3642; --ink: #e3e8ee; --soft: #97a3b1; --better: #7fd6a0; --worse: #ff8a80; }
}
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 1100px; margin: 0 auto; padding: 24px; }
section { margin-bottom: 40px; overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 12px; text-align: right; border-bottom: 1px solid var(--edge); vertical-align: top; }
tbody th, thead th:first-child, th:nth-child(2), td:nth-child(2) { text-align: left; font-weight: 500; }
tr.all > * { font-weight: 700; }
small, .note { color: var(--soft); font-weight: 400; }
.better { color: var(--better); }
.worse { color: var(--worse); }
svg { background: #ffffff; max-width: 100%; height: auto; margin-top: 12px; }
`;
