// Builds the site into dist/: npm ci && npm run build
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "vitepress";
import { writePages } from "./pages.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
writePages();
execFileSync(process.execPath, [`${here}node_modules/typedoc/bin/typedoc`], { cwd: here, stdio: "inherit" });
await build(here);
