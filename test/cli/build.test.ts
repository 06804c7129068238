import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cli, folderWith } from "./run-cli.js";

const TWICE = `import { arange, type Const, kernel, load, type Ptr, store } from "tilescript";

/** x *= 2. */
export const twice = kernel(
  ({ x, B }: { x: Ptr<"f32">; B: Const<"B"> }) => store(x + arange(0, B), load(x + arange(0, B)) * 2),
  { builds: [{ constants: { B: 64 } }, { constants: { B: 128 } }] },
);
`;

const folder = folderWith({ "twice.kernel.ts": TWICE });
const file = join(folder, "twice.kernel.ts");

test("build says what it made; --json says it to programs", async () => {
  const out = join(folder, "bundle");
  expect(await cli("build", file, "--arch", "none", "--out", out)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/bundle: 1 kernel, for the CPU executor \([\d.]+ m?s\)\n$/),
  });
  expect(existsSync(join(out, "index.d.ts"))).toBe(true);
  const { stdout } = await cli("build", file, "--arch", "sm_90", "--out", out, "--json");
  expect(JSON.parse(stdout)).toMatchObject({
    folder: out,
    kernels: [{ name: "twice", variants: [{ arch: 90, constants: { B: 64 }, spillBytes: 0 }, {}, {}, {}] }],
  });
});

test("build leaves other people's folders alone", async () => {
  expect(await cli("build", file, "--arch", "none", "--out", folder)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("has other files in it"),
  });
});

test("print shows each stage", async () => {
  const stages = {
    ir: "kernel twice(x: Ptr<f32>, B: Const int) where B = 64",
    triton: "@triton.jit\ndef twice(x, B: tl.constexpr):",
    ttir: "tt.func public @twice",
    ptx: ".entry twice",
    sass: "STG",
  };
  for (const [stage, text] of Object.entries(stages))
    expect(await cli("print", `${file}#twice`, "--stage", stage, "--arch", "sm_90")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(text),
    });
  expect(await cli("print", file, "--stage", "ir", "--build", "1")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("where B = 128"),
  });
  expect(await cli("print", `${file}#thrice`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`Give one of: ${file}#twice.`),
  });
});
