import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The package's folder, with a slash at its end. */
export const root = fileURLToPath(new URL("../", import.meta.url));

/** The command as it is installed. It runs from dist/, which it builds first if need be; so that no test pays for that, it is done here. */
export const bin = `${root}cli/bin.mjs`;
execFileSync(process.execPath, [bin, "--version"], { stdio: "ignore" });
process.env.TILESCRIPT_AS_BUILT = "1";
