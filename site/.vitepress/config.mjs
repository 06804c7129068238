import { readdirSync } from "node:fs";
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
        items: [
          item("Start", "/"),
          item("The language", "/language"),
          item("From Triton", "/triton"),
          item("Debugging", "/debugging"),
          item("Tuning", "/tuning"),
          item("Limits", "/limits"),
          item("Errors", "/errors"),
          item("Sampling", "/sampling"),
          item("Structured output", "/structured-output"),
          item("AI SDK", "/ai-sdk"),
          item("Results", "/results"),
        ],
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
