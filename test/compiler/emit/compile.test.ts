import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check } from "../../../compiler/check.js";
import { emitTriton, signatureOf } from "../../../compiler/emit/index.js";
import type { Kernel } from "../../../compiler/ir/index.js";
import { inferTypes } from "../../../compiler/passes/index.js";
import {
  ensureEnvironment,
  startTriton,
  type TritonOutput,
  type TritonService,
} from "../../../compiler/triton/index.js";
import * as d from "../ir/draft.js";
import { SAMPLES } from "../ir/samples.js";
import { CASES, kernelOf, type OpCase } from "../ops/cases.js";
import { merged } from "../ops/merge.js";

const ARCHITECTURES = [80, 90, 100];

let triton: TritonService;
beforeAll(async () => {
  const environment = await ensureEnvironment({ extras: ["model", "test"] });
  triton = await startTriton({ environment, jobs: 2 });
}, 900_000);
afterAll(() => triton.close());

/** Compiles the first build of a typed kernel, aligned and not. */
async function compiled(kernel: Kernel, arch: number, divisible: readonly string[] = []): Promise<TritonOutput> {
  const { text, entry, parameters } = emitTriton(kernel);
  const [build] = kernel.builds;
  const possible = arch >= 90 ? build! : { ...build!, pdl: false };
  const signature = signatureOf(kernel, possible, { divisible, one: [] }, parameters);
  const result = await triton.compile({ source: text, kernel: entry, ...signature, target: { arch } });
  if (!result.ok) throw new Error(`${result.error.stage}: ${result.error.message}\n${text}`);
  return result;
}

const typed = (draft: Kernel): Kernel => {
  const { kernel, diagnostics } = inferTypes(draft);
  expect(diagnostics).toEqual([]);
  return kernel;
};

describe.each(ARCHITECTURES)("for sm_%i", (arch) => {
  it.each(Object.entries(SAMPLES))("%s compiles, aligned and not", async (_name, make) => {
    const kernel = typed(make());
    const pointers = kernel.params.filter(({ kind }) => kind === "pointer").map(({ name }) => name);
    for (const divisible of [pointers, []]) {
      const { cubin } = await compiled(kernel, arch, divisible);
      expect(cubin!.subarray(0, 4).toString("latin1")).toBe("\x7fELF");
    }
  });

  it("everything of the language compiles", async () => {
    const { kernels } = check(["test/compiler/emit/everything.kernel.ts", "test/compiler/emit/control.kernel.ts"]);
    for (const kernel of kernels) expect((await compiled(kernel, arch)).cubin!.length).toBeGreaterThan(1000);
  });
});

it("products that are added round once, or each where a build says so", async () => {
  const params = [d.ptr("x", "f32"), d.ptr("out", "f32")];
  const body = [d.declare("v", d.load("x")), d.store("out", d.add(d.mul("v", "v"), "v"))];
  const ptx = async (fpFusion: boolean) =>
    (await compiled(typed(d.kernel("k", params, body, { builds: [d.build({}, { fpFusion })] })), 90)).ptx!;
  expect(await ptx(true)).toMatch(/\bfma\.rn\.f32/);
  expect(await ptx(false)).not.toMatch(/\bfma\.rn\.f32/);
  expect(await ptx(false)).toMatch(/\bmul\.(?:rn\.)?f32[\s\S]*\badd\.(?:rn\.)?f32/);
});

/** The cases of each op, which make one kernel. */
const groups = new Map<string, OpCase[]>();
for (const one of CASES) {
  const op = one.of.kind === "op" ? one.of.op : "";
  groups.set(op, [...(groups.get(op) ?? []), one]);
}

it.each([...groups])("%s compiles on every dtype", async (op, cases) => {
  const kernel = typed(
    merged(
      op,
      cases.map((one) => kernelOf(one).draft),
    ),
  );
  expect((await compiled(kernel, 90)).ptx).toContain(".visible .entry");
});
