/** Finds a Python for the reference programs beside this file. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { environmentFolder } from "../../compiler/backends/triton/index.js";

/** The private environment's, else the one that TILESCRIPT_PYTHON names; undefined where neither has the modules. */
export function referencePython(...modules: string[]): string | undefined {
  const own = join(environmentFolder(), "bin", "python");
  return [own, process.env.TILESCRIPT_PYTHON].find((python) => python && canImport(python, modules));
}

/** What was asked before: to start Python and import numpy takes as long as many a test. */
const answers = new Map<string, boolean>();

function canImport(python: string, modules: string[]): boolean {
  const imports = `import ${modules.join(", ")}`;
  const key = `${python} ${imports}`;
  const answer = answers.get(key) ?? spawnSync(python, ["-c", imports]).status === 0;
  answers.set(key, answer);
  return answer;
}

/** The same, for tests that cannot do without: `npm test` installs what they need. @throws Error that says how to get it */
export function requirePython(...modules: string[]): string {
  const python = referencePython(...modules);
  if (python) return python;
  throw new Error(
    `No Python with ${modules.join(", ")} was found, which this test compares with: npm test makes one, or TILESCRIPT_PYTHON names it.`,
  );
}
