import { expect, test } from "vitest";
import { CATALOGUE } from "../../../compiler/diagnostics/index.js";

test("every code is used once, in a range of its stage, with a line for the documentation", () => {
  const codes = CATALOGUE.map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
  for (const { code, about } of CATALOGUE) {
    expect(code).toMatch(/^TS-K[123]\d{3}$/);
    expect(about, code).toMatch(/^\S.*\.$/);
  }
  for (const stage of ["TS-K1", "TS-K2", "TS-K3"]) expect(codes.some((code) => code.startsWith(stage))).toBe(true);
});
