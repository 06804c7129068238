import { expect, it } from "vitest";
import { printKernel } from "../../../compiler/ir/index.js";
import { inferTypes, specialize } from "../../../compiler/passes/index.js";
import { expectGolden } from "../../golden.js";
import { SAMPLES } from "./samples.js";

it.each(Object.entries(SAMPLES))("%s prints as a draft, typed, and for a build", (name, make) => {
  const draft = make();
  const { kernel, diagnostics } = inferTypes(draft);
  expect(diagnostics).toEqual([]);
  const stages = [draft, kernel, specialize(kernel, kernel.builds[0]!)].map(printKernel);
  expectGolden(new URL(`golden/${name}.ir`, import.meta.url), stages.join("\n––––\n\n"));
});
