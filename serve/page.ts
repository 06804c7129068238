/** The files of the page at `/`: written out, since a page of one field and one list needs no build. */

import { readFileSync } from "node:fs";

const file = (name: string, type: string) => ({
  type,
  text: readFileSync(new URL(`./page/${name}`, import.meta.url), "utf8"),
});

export const PAGE: Readonly<Record<string, { readonly type: string; readonly text: string }>> = {
  "/": file("index.html", "text/html; charset=utf-8"),
  "/page/style.css": file("style.css", "text/css; charset=utf-8"),
  "/page/script.mjs": file("script.mjs", "text/javascript; charset=utf-8"),
};

/** The page loads and asks nothing but what came from here, and no other page shows it as its own. */
export const PAGE_HEADERS = {
  "content-security-policy":
    "default-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
} as const;
