import { expect, it } from "vitest";
import { emitTriton } from "../../../compiler/backends/triton/emit/index.js";
import { OPS } from "../../../compiler/ops/index.js";
import { foldConstants, inferTypes, pruneBranches, specialize, verify } from "../../../compiler/passes/index.js";
import { expectGolden } from "../../golden.js";
import { CASES, kernelOf } from "./cases.js";

it("every op on every dtype infers, verifies and emits as before", () => {
  const lines = CASES.map((one) => {
    const { draft, results } = kernelOf(one);
    const { kernel, diagnostics } = inferTypes(draft);
    expect(diagnostics, one.title).toEqual([]);
    verify(kernel, "inferTypes");
    verify(pruneBranches(foldConstants(kernel)), "foldConstants");
    specialize(kernel, kernel.builds[0]!);
    const python = emitTriton(kernel)
      .text.split("\n")
      .filter((line) => /^ {4}result0/.test(line));
    return `${one.title}: ${results.map(({ dtype, shape }) => `${dtype}[${shape.join(", ")}]`).join(", ")}\n${python.join("\n")}`;
  });
  expectGolden(new URL("golden/ops.txt", import.meta.url), `${lines.join("\n")}\n`);
});

it("every op that has a meaning on numbers has a case", () => {
  const used = new Set<string>();
  for (const one of CASES) {
    const visit = (expr: typeof one.of): void => {
      if (expr.kind !== "op") return;
      used.add(expr.op);
      Object.values(expr.args).forEach(visit);
    };
    visit(one.of);
  }
  // A pointer is no number; hints pass their operand through; the casts that name a rounding become one.
  const elsewhere = new Set(["addPtr", "multipleOf", "maxContiguous", "maxConstancy", "castRounded"]);
  const missing = [...OPS.values()].filter((op) => op.evaluate && !used.has(op.name) && !elsewhere.has(op.name));
  expect(missing.map(({ name }) => name)).toEqual([]);
});
