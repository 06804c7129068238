/** Tiny random models of every family, written by Python, and what the plain decoder in numpy says of them. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import type { Reference } from "../reference/answer.js";
import { requirePython } from "../reference/python.js";

export interface ReferenceRequest {
  readonly prompts?: readonly (readonly number[])[];
  /** Lengths of prompts that are drawn so that neither routing nor selection is a close call. */
  readonly draw?: readonly number[];
  readonly greedy: number;
  /** Asks for what goes into the head, of every position. */
  readonly hidden?: boolean;
  /** Asks for the logits of every position. */
  readonly every?: boolean;
  /** A windowed mode as text; default: dense. */
  readonly attention?: string;
}

const program = (name: string) => fileURLToPath(new URL(`../reference/${name}`, import.meta.url));
const python = async (name: string, args: readonly string[]) =>
  (await execa(requirePython("numpy"), [program(name), ...args])).stdout;

export const familyNames = async (): Promise<string[]> => (await python("make_tiny_models.py", ["--list"])).split("\n");

/** Every family as `folder`/FAMILY, and as `folder`/FAMILY.gguf where it has that form. */
export const writeEveryFamily = (folder: string) => python("make_tiny_models.py", ["--all", "--out", folder]);

interface TinyModel {
  readonly folder: string;
  readonly family: string;
  readonly options?: string;
  /** Default true; some configurations have no such form. */
  readonly gguf?: boolean;
}

/** Models with options of make_tiny_models.py, each as FOLDER/model.gguf and as the folder FOLDER/model. */
export async function writeTinyModels(models: readonly TinyModel[]) {
  for (const { folder } of models) await mkdir(folder, { recursive: true });
  const calls = models.map(({ folder, family, options = "", gguf = true }) =>
    [family, `--out ${join(folder, "model")}`, gguf ? `--gguf ${join(folder, "model.gguf")}` : "", options].join(" "),
  );
  await python("make_tiny_models.py", ["--each", JSON.stringify(calls)]);
}

/** An entry for every model and prompt, in that order. */
export async function askReference(
  models: readonly string[],
  { prompts = [], draw = [], greedy, hidden = false, every = false, attention }: ReferenceRequest,
): Promise<Reference[]> {
  const asked = [
    ...prompts.flatMap((tokens) => ["--tokens", tokens.join(",")]),
    ...draw.flatMap((length) => ["--draw", String(length)]),
    ...["--greedy", String(greedy)],
    ...(hidden ? ["--hidden"] : []),
    ...(every ? ["--all"] : []),
    ...(attention ? ["--attention", attention] : []),
  ];
  return JSON.parse(await python("families/run.py", [...models, ...asked]));
}

/** `length` ids that every tiny vocabulary has, the same for the same length. */
export function promptOf(length: number): number[] {
  let state = length;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}
