import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { check } from "../../../compiler/check.js";
import { serializeKernel } from "../../../compiler/ir/index.js";
import { storedKernel } from "../../../compiler/passes/index.js";

test("every kernel of the repository is legal before it is specialized, as a bundle stores and reads it", () => {
  const files = ["test/cases", "examples", "runtime/kernels"].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  );
  const { kernels } = check(files.filter((file) => file.endsWith(".kernel.ts")));
  expect(kernels.length).toBeGreaterThan(80);
  for (const kernel of kernels) expect(storedKernel(serializeKernel(kernel), kernel).name).toBe(kernel.name);
});
