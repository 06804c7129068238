import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CATALOGUE } from "../../compiler/diagnostics/index.js";
import { cli } from "./run-cli.js";

test("a code is explained, and its place in the documentation named", async () => {
  expect(await cli("explain", "TS-K2003")).toEqual({
    code: 0,
    stdout: "TS-K2003  error\ndot multiplies [M, K] by [K, N]; the two K differ.\ndocs/errors.md#ts-k2003\n",
    stderr: "",
  });
  expect((await cli("explain", "TS-K3010")).stdout).toMatch(/^TS-K3010 {2}warning\n/);
  for (const short of ["k2003", "ts-k2003", "tsk2003"])
    expect((await cli("explain", short)).stdout).toMatch(/^TS-K2003 /);
});

test("every code is explained, and the page has the heading that is named", async () => {
  const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
  const anchors = [...page.matchAll(/^### (.*)$/gm)].map(([, heading]) => `docs/errors.md#${heading!.toLowerCase()}`);
  for (const { code, about } of CATALOGUE) {
    const { stdout } = await cli("explain", code);
    expect(stdout).toContain(about);
    expect(anchors).toContain(stdout.trimEnd().split("\n").at(-1));
  }
});

test.each([
  ["TS-K203", "Did you mean TS-K2003 or TS-K2013 or TS-K2023?"],
  ["TS-K20003", "Did you mean TS-K2003?"],
  ["TS-K9003", "Did you mean TS-K1003 or TS-K2003 or TS-K3003?"],
  ["banana", "docs/errors.md has all codes."],
  ["", "docs/errors.md has all codes."],
])("%j is no code", async (given, hint) => {
  expect(await cli("explain", given)).toEqual({
    code: 1,
    stdout: "",
    stderr: `error: there is no code ${JSON.stringify(given)}\nhint: ${hint}\n`,
  });
});
