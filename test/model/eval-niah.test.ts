import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { niahResults } from "../../eval/niah/index.js";
import { cli, folderWith } from "../cli/run-cli.js";

it("tilescript eval niah finds a needle with SmolLM2, draws it, and asks no question twice", {
  timeout: 300_000,
}, async () => {
  const out = join(folderWith({}), "niah");
  const ask = (...more: string[]) =>
    cli(
      ..."eval niah --device cpu --context 256 --depth 50 --needles 1 --attention dense --out".split(" "),
      out,
      ...more,
    );

  const first = await ask("--prefix", "with", "--json");
  expect(first.stderr).toMatch(/dense 256 depth 50 % needle 1 with prefix: right, [\d.]+ s\n/);
  expect(first.code).toBe(0);
  const results = niahResults.parse(JSON.parse(first.stdout));
  expect(results).toMatchObject({
    device: { kind: "cpu" },
    model: { layers: 30, trainedContext: 8192 },
    cells: [
      { attention: "dense", context: 256, depth: 50, accuracy: { withPrefix: 1 }, runs: [{ promptTokens: 208 }] },
    ],
  });
  expect(JSON.parse(readFileSync(join(out, "niah.json"), "utf8"))).toEqual(results);
  expect(readFileSync(join(out, "niah.png")).subarray(1, 4).toString()).toBe("PNG");

  const began = statSync(join(out, "niah.json")).mtimeMs;
  const again = await ask("--prefix", "with");
  expect(again.code).toBe(0);
  expect(again.stdout).toMatch(/depth +256\n +50 % +100\n/);
  expect(again.stderr).not.toContain("needle 1");
  expect(statSync(join(out, "niah.json")).mtimeMs).toBe(began);

  expect(await ask("--seed", "1")).toMatchObject({ code: 1, stderr: expect.stringMatching(/seed differs\n.*--fresh/) });
});
