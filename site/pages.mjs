// The pages of the site: what the repository has in Markdown, with links that hold there.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
export const PAGES = fileURLToPath(new URL("pages/", import.meta.url));

/** Pages by where they come from. */
const SOURCES = {
  "README.md": "index.md",
  "CHANGELOG.md": "changelog.md",
  "CONTRIBUTING.md": "contributing.md",
  "SECURITY.md": "security.md",
  ...Object.fromEntries(
    readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md"))
      .map((name) => [`docs/${name}`, name.replace(/README\.md$/, "index.md")]),
  ),
};

/** A link of a page as the site has it: another page, or a picture that is copied; undefined where the site has neither. */
function linked(from, target) {
  if (/^(\w+:|#)/.test(target)) return target;
  const [path, anchor = ""] = target.split(/(?=#)/);
  const meant = normalize(join(dirname(from), path));
  const here = dirname(SOURCES[from]);
  const page = SOURCES[meant];
  if (page) return `${relative(here, page) || basename(page)}${anchor}`;
  if (!/\.(png|svg)$/.test(meant)) return undefined;
  const picture = join("pictures", basename(meant));
  cpSync(join(root, meant), join(PAGES, picture));
  return relative(here, picture);
}

/** Writes all pages anew. */
export function writePages() {
  rmSync(PAGES, { recursive: true, force: true });
  for (const [from, page] of Object.entries(SOURCES)) {
    mkdirSync(dirname(join(PAGES, page)), { recursive: true });
    const text = readFileSync(join(root, from), "utf8");
    const placed = text.replace(/(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)/g, (_whole, mark, words, target) => {
      const link = linked(from, target);
      // Of sources the site has the names alone.
      return link === undefined ? words : `${mark}[${words}](${/^\w+:|^#|^\.\.?\//.test(link) ? link : `./${link}`})`;
    });
    writeFileSync(join(PAGES, page), placed);
  }
}
