/** Finds a Python with numpy for the reference programs beside this file. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { environmentFolder } from "../../compiler/triton/index.js";

/** The private environment's, else the one that TILESCRIPT_PYTHON names; undefined where neither has numpy. */
export function referencePython(): string | undefined {
  const own = join(environmentFolder(), "bin", "python");
  return [own, process.env.TILESCRIPT_PYTHON].find((python) => python && hasNumpy(python));
}

const hasNumpy = (python: string) => spawnSync(python, ["-c", "import numpy"]).status === 0;
