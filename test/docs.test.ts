import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const pages = readdirSync(root)
  .concat(readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).map((name) => `docs/${name}`))
  .filter((name) => name.endsWith(".md"));

/** What bundles/ and dist/ hold is made, and not there in a fresh clone. */
const PATH = /`((?:bench|cli|compiler|docs|dsl|examples|runtime|scripts|test)\/[\w./-]*)`/g;

test.each(pages)("every path and every page that %s names is there", (page) => {
  const text = readFileSync(join(root, page), "utf8");
  const paths = [...text.matchAll(PATH)].map(([, path]) => path!);
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
    .map(([, link]) => join(dirname(page), link!))
    // Pages of GitHub, beside the repository's own files.
    .filter((link) => !link.startsWith(".."));
  expect([...paths, ...links].filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
