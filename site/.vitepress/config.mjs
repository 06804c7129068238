import { readdirSync, readFileSync } from "node:fs";
import { defineConfig } from "vitepress";
import { PAGES } from "../pages.mjs";

const item = (text, link) => ({ text, link });
/** "tensor-descriptors.md" as people write it. */
const titled = (name) =>
  name
    .replace(/\.md$/, "")
    .replace(/-/g, " ")
    .replace(/^./, (first) => first.toUpperCase());
const reference = readdirSync(`${PAGES}reference`).filter((name) => name !== "index.md");

/** The guide's pages by their own titles: these first, all others behind them. */
const FIRST = ["language", "triton", "debugging", "tuning", "limits", "errors"];
const ELSEWHERE = ["index", "architecture", "changelog", "contributing", "security"];
const place = (name) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
const guide = readdirSync(PAGES)
  .filter((name) => name.endsWith(".md"))
  .map((name) => name.replace(/\.md$/, ""))
  .filter((name) => !ELSEWHERE.includes(name))
  .sort((a, b) => place(a) - place(b))
  .map((name) => item(/^# (.*)/.exec(readFileSync(`${PAGES}${name}.md`, "utf8"))[1], `/${name}`));

export default defineConfig({
  title: "TileScript",
  description: "GPU kernels in TypeScript, through Triton, and a Node runtime for language models",
  srcDir: "pages",
  outDir: "dist",
  cleanUrls: false,
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      item("Guide", "/"),
      item("Language", "/language"),
      item("Reference", "/reference/"),
      item("API", "/api/runtime"),
    ],
    sidebar: [
      {
        text: "Guide",
        items: [item("Start", "/"), ...guide],
      },
      {
        text: "Language reference",
        collapsed: true,
        items: [
          item("All names", "/reference/"),
          ...reference.map((name) => item(titled(name), `/reference/${name.replace(/\.md$/, "")}`)),
        ],
      },
      {
        text: "API",
        items: [
          item("tilescript/runtime", "/api/runtime"),
          item("tilescript/compiler", "/api/compiler"),
          item("tilescript/ai-sdk", "/api/ai-sdk"),
        ],
      },
      {
        text: "Project",
        items: [
          item("Architecture", "/architecture"),
          item("Contributing", "/contributing"),
          item("Security", "/security"),
          item("Changelog", "/changelog"),
        ],
      },
    ],
  },
});
