import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The package's folder, with a slash at its end. */
export const root = fileURLToPath(new URL("../", import.meta.url));

/** The command as it is installed. It runs from dist/, which vitest has built as it began; where it watches, that is done here. */
export const bin = `${root}cli/bin.mjs`;
if (!process.env.TILESCRIPT_AS_BUILT) execFileSync(process.execPath, [bin, "--version"], { stdio: "ignore" });
process.env.TILESCRIPT_AS_BUILT = "1";
