import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTriton, type TritonService } from "../../../compiler/backends/triton/index.js";
import { compileUnits } from "../../../compiler/build/compile.js";
import { buildsOf } from "../../../compiler/build/index.js";
import { INSPECTED, inspected, type Report, type Stage } from "../../../compiler/build/inspect.js";
import { occupancyOf } from "../../../compiler/build/occupancy.js";
import { placedMlir, placedPtx, placedSass } from "../../../compiler/build/places.js";
import { variantsOf } from "../../../compiler/build/variants.js";
import { workOf } from "../../../compiler/build/work.js";
import { check } from "../../../compiler/check.js";
import { specialize } from "../../../compiler/passes/index.js";
import { root } from "../../built-cli.js";
import { folderOf } from "../frontend/source.js";

let service: TritonService;
beforeAll(async () => {
  service = await startTriton({ jobs: 1 });
});
afterAll(() => service.close());

async function report(project: string, file: string, arch: number, values = {}): Promise<Report> {
  const { kernels, diagnostics } = check([file], { project, builds: false });
  expect(diagnostics).toEqual([]);
  const kernel = kernels[0]!;
  const build = buildsOf(kernel)[0]!;
  const unit = { kernel, build, arch, ...variantsOf(kernel, build)[0]! };
  const compiler = {
    compile: async (job: Parameters<typeof service.compile>[0]) => ({
      result: await service.compile(job),
      cached: false,
    }),
  };
  const { made, problems } = await compileUnits([unit], compiler, INSPECTED);
  expect(problems).toEqual([]);
  return inspected(unit, made[0]!.output, project, values);
}

const paneOf = ({ panes }: Report, stage: Stage) => panes.find((pane) => pane.stage === stage)!;

/** The text of a stage that a line of TypeScript became. */
const became = (from: Report, stage: Stage, at: string): string =>
  paneOf(from, stage)
    .lines.filter((line) => line.at === at)
    .map(({ text }) => text)
    .join("\n");

describe("a matrix product with a loop, for sm_90", () => {
  let matmul: Report;
  beforeAll(async () => {
    matmul = await report(root, "examples/matmul.kernel.ts", 90);
  });
  const lineOf = (text: string): string =>
    paneOf(matmul, "TypeScript").lines.find((line) => line.text.includes(text))!.at!;
  const source = readFileSync(join(root, "examples/matmul.kernel.ts"), "utf8").split("\n");
  const numberOf = (text: string): number => source.findIndex((line) => line.includes(text)) + 1;

  test("the product is a product at every stage, and a load a copy", () => {
    const at = lineOf("acc += dot(x, y)");
    expect(at).toBe(`examples/matmul.kernel.ts:${numberOf("acc += dot(x, y)")}`);
    expect(became(matmul, "Triton", at).trim()).toBe("acc += tl.dot(x, y)");
    expect(became(matmul, "TTGIR", at)).toContain("ttng.warp_group_dot ");
    expect(became(matmul, "PTX", at)).toContain("wgmma.mma_async");
    expect(became(matmul, "SASS", at)).toContain("HGMMA");
    const load = lineOf("const x = load(");
    expect(became(matmul, "TTGIR", load)).toContain("ttg.async_copy_global_to_local");
    expect(became(matmul, "SASS", load)).toContain("LDGSTS");
    expect(became(matmul, "SASS", lineOf("store(p.c"))).toContain("STG");
  });

  test("notes about places are not shown, and hardly an instruction has no place", () => {
    for (const stage of ["TTGIR", "PTX", "SASS"] as const) {
      const { lines } = paneOf(matmul, stage);
      expect(lines.filter(({ text }) => /\bloc\(|^\s*\.loc\b|\/\/## File/.test(text))).toEqual([]);
    }
    const instructions = paneOf(matmul, "SASS").lines.filter(({ text }) => /^\s*\/\*[\da-f]{4}\*\//.test(text));
    expect(instructions.length).toBeGreaterThan(200);
    expect(instructions.filter(({ at }) => at === null)).toEqual([]);
  });

  test("what it needs, and what a program does", () => {
    expect(matmul).toMatchObject({ kernel: "matmul", warps: 4, spillBytes: 0, sharedBytes: 24576, arch: 90 });
    expect(matmul.registers).toBeGreaterThan(32);
    expect(matmul.occupancy).toMatchObject({ mostWarps: 64, limit: "registers" });
    expect(matmul.work).toEqual([
      { loops: [], readBytes: 0, writtenBytes: 64 * 64 * 4, flops: 0 },
      // Two tiles of bf16; the product and its sum.
      {
        loops: [numberOf("for (const k of range(")],
        readBytes: 2 * 64 * 32 * 2,
        writtenBytes: 0,
        flops: 2 * 64 * 64 * 32 + 64 * 64,
      },
    ]);
  });

  test("the loop turns as often as K says", () => {
    const { kernels } = check(["examples/matmul.kernel.ts"], { project: root, builds: false });
    const kernel = specialize(kernels[0]!, buildsOf(kernels[0]!)[0]!);
    expect(workOf(kernel, { K: 100 })).toEqual([
      { loops: [], readBytes: 4 * 8192, writtenBytes: 16384, flops: 4 * (262144 + 4096) },
    ]);
  });
});

const SMALL = {
  "gate.ts": `import { type Tile, exp } from "tilescript";
export const gate = (x: Tile<[256], "f32">) => {
  const e = exp(-x);
  return x / (e + 1);
};
`,
  "small.kernel.ts": `import { arange, kernel, load, type Int, type Ptr, programId, store } from "tilescript";
import { gate } from "./gate.js";
export const small = kernel(({ x, n }: { x: Ptr<"f32">; n: Int }) => {
  const at = programId(0) * 256 + arange(0, 256);
  const t = load(x + at, { mask: at < n });
  store(x + at, gate(t), { mask: at < n });
});
`,
};

test("an elementwise kernel with a function of another file: both files, and an old architecture", async () => {
  const small = await report(folderOf(SMALL), "small.kernel.ts", 80);
  const sources = small.panes.filter(({ stage }) => stage === "TypeScript").map(({ file }) => file);
  expect(sources).toEqual(["small.kernel.ts", "gate.ts"]);
  expect(became(small, "Triton", "gate.ts:3")).toContain("exp(");
  expect(became(small, "TTGIR", "gate.ts:3")).toContain("math.exp");
  expect(became(small, "SASS", "gate.ts:3")).toContain("MUFU.EX2");
  expect(became(small, "PTX", "small.kernel.ts:5")).toContain("ld.global");
  expect(became(small, "SASS", "small.kernel.ts:5")).toContain("LDG");
  // Negation, exp, sum and quotient.
  expect(small.work).toEqual([{ loops: [], readBytes: 1024, writtenBytes: 1024, flops: 4 * 256 }]);
  expect(small).toMatchObject({
    arch: 80,
    sharedBytes: 0,
    occupancy: { mostWarps: 64, warps: 64, blocks: 16, limit: "warps" },
  });
});

test("a function of the language's own library is shown with its source", async () => {
  const source = `import { arange, kernel, load, type Ptr, softmax, store } from "tilescript";
export const soft = kernel(({ x }: { x: Ptr<"f32"> }) => store(x + arange(0, 64), softmax(load(x + arange(0, 64)))));
`;
  const soft = await report(folderOf({ "soft.kernel.ts": source }), "soft.kernel.ts", 90);
  const library = soft.panes.find(({ file }) => file === "tilescript:library/softmax.ts")!;
  const line = library.lines.find(({ text }) => text.includes("exp("))!;
  expect(became(soft, "SASS", line.at!)).toContain("MUFU.EX2");
});

test("work of branches, unknown loops in loops, atomics and reductions", () => {
  const source = `import { arange, atomicAdd, kernel, load, max, type Int, type Ptr, programId, range, store, sum } from "tilescript";
export const k = kernel(({ x, n, m }: { x: Ptr<"f32">; n: Int; m: Int }) => {
  const t = load(x + arange(0, 64));
  for (const i of range(0, n)) {
    for (const j of range(0, m, 2)) atomicAdd(x + j, sum(t, 0));
    if (i > 3) store(x, 1);
    else store(x + arange(0, 64), t * 2);
  }
  if (programId(0) > 0) store(x + arange(0, 64), t);
});
`;
  const { kernels } = check(["k.kernel.ts"], { project: folderOf({ "k.kernel.ts": source }), builds: false });
  const kernel = specialize(kernels[0]!, buildsOf(kernels[0]!)[0]!);
  expect(workOf(kernel, {})).toEqual([
    { loops: [], readBytes: 256, writtenBytes: 0, flops: 0 },
    { loops: [4], readBytes: 0, writtenBytes: 4 + 256, flops: 64 },
    { loops: [4, 5], readBytes: 4, writtenBytes: 4, flops: 64 },
  ]);
  expect(workOf(kernel, { n: 2, m: 5 })).toEqual([
    { loops: [], readBytes: 256 + 2 * 3 * 4, writtenBytes: 2 * 260 + 2 * 3 * 4, flops: 2 * 64 + 2 * 3 * 64 },
  ]);
});

test("occupancy, as NVIDIA's calculator has it", () => {
  const of = (arch: number, registers: number, sharedBytes: number, warps: number) =>
    occupancyOf(arch, { registers, sharedBytes, warps });
  expect(of(80, 32, 0, 4)).toEqual({ blocks: 16, warps: 64, mostWarps: 64, limit: "warps" });
  expect(of(80, 128, 0, 8)).toEqual({ blocks: 2, warps: 16, mostWarps: 64, limit: "registers" });
  expect(of(90, 32, 100 << 10, 4)).toEqual({ blocks: 2, warps: 8, mostWarps: 64, limit: "shared memory" });
  expect(of(86, 32, 0, 1)).toEqual({ blocks: 16, warps: 16, mostWarps: 48, limit: "blocks" });
  expect(of(80, 255, 0, 16)).toEqual({ blocks: 0, warps: 0, mostWarps: 64, limit: "registers" });
  expect(of(75, 32, 0, 4)).toBeNull();
});

test("places that are defined through others, of calls, of Triton's library, and of nobody", () => {
  const mlir = `func @k() loc(#loc)
  %a = math.exp %x loc(#loc5)
  %b = arith.addf %a, %a : tensor<4xf32> loc(#loc6)
  tt.return loc(#loc9)
#loc = loc("k.ts":1:0)
#loc1 = loc("/v/triton/language/standard.py":40:2)
#loc2 = loc("g.ts":7:3)
#loc3 = loc("k.ts":3:1)
#loc5 = loc("x"(#loc2 at #loc3))
#loc6 = loc(callsite(#loc1 at #loc3))
#loc9 = loc(unknown)`;
  const { lines, places } = placedMlir(mlir, ["k.ts", "g.ts"]);
  expect(lines).toEqual(["func @k()", "  %a = math.exp %x", "  %b = arith.addf %a, %a : tensor<4xf32>", "  tt.return"]);
  expect(places.map((place) => place && `${place.file}:${place.line}`)).toEqual(["k.ts:1", "g.ts:7", "k.ts:3", null]);
  const sass = `\t//## File "/p/g.ts", line 7 inlined at "/p/k.ts", line 3
\t//## File "/p/k.ts", line 3
  /*0000*/ MUFU.EX2 R0, R1 ;
\t//## File "/v/standard.py", line 40 inlined at "/p/k.ts", line 4
\t//## File "/p/k.ts", line 4
  /*0010*/ FADD R0, R0, R0 ;
  /*0020*/ EXIT ;`;
  expect(placedSass(sass, ["k.ts", "g.ts"]).places.map((place) => `${place?.file}:${place?.line}`)).toEqual([
    "g.ts:7",
    "k.ts:4",
    "k.ts:4",
  ]);
  expect(placedPtx('\t.file 1 "k.ts"\nret;\n\t.loc 1 5 0\nadd;\n\t.loc 1 0 0\nmul;', ["k.ts"]).places).toEqual([
    null,
    null,
    { file: "k.ts", line: 5 },
    { file: "k.ts", line: 5 },
  ]);
});
