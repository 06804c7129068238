import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { TunedFile } from "../../compiler/build/tuned/index.js";
import type * as layerNorms from "../../examples/layer-norm.kernel.js";
import type * as matmuls from "../../examples/matmul.kernel.js";
import { cdiv, Device, type Launch } from "../../runtime/index.js";
import { bundle as bundleFolder, root } from "./devices.js";

/** Tunes two kernels of the examples here, in a copy of their bundle, and launches them with what was found. */
const folder = mkdtempSync(join(tmpdir(), "tilescript-tune-"));
const bundle = join(folder, "bundle");
const tunedFiles = ["matmul", "layer-norm"].map((name) => `${root}dist/examples/${name}.tuned.json`);

let device: Device;
before(async () => {
  cpSync(bundleFolder("examples"), bundle, { recursive: true });
  device = await Device.open({ prefer: "cuda" });
});
after(() => {
  device.close();
  for (const path of [folder, ...tunedFiles]) rmSync(path, { recursive: true, force: true });
});

const tilescript = (...args: string[]) =>
  spawnSync(process.execPath, [`${root}cli/bin.mjs`, ...args], { encoding: "utf8" });

/** The table of the command, and what it wrote of the kernel. */
function tune(file: string, kernel: string, ...args: string[]) {
  const target = `${root}dist/examples/${file}.kernel.js#${kernel}`;
  const done = tilescript("tune", "--device", "cuda", "--bundle", bundle, target, ...args);
  assert.equal(done.status, 0, done.stderr);
  console.log(done.stdout);
  const written = JSON.parse(readFileSync(`${root}dist/examples/${file}.tuned.json`, "utf8")) as TunedFile;
  return written.kernels[kernel]!.measured;
}

const shown = ({ build }: Launch) => JSON.stringify([build.constants, build.dtypes, build.warps, build.stages]);
const winner = ({ builds: [first] }: ReturnType<typeof tune>[number]) =>
  JSON.stringify([first!.constants, first!.dtypes, first!.options.warps, first!.options.stages]);

test("a product is launched with the tiles that were the fastest for its shape", async () => {
  const shapes = [
    [4096, 4096, 4096],
    [16, 4096, 4096],
  ] as const;
  const measured = tune("matmul", "matmul");
  assert.deepEqual(
    measured.map(({ shape }) => [shape.M, shape.N, shape.K]),
    shapes,
  );
  const { matmul } = await device.load<typeof matmuls>(bundle);
  using memory = device.alloc(4096 * 4096 * 4);
  for (const [at, [M, N, K]] of shapes.entries()) {
    const args = { a: memory, b: memory, c: memory, M, N, K };
    assert.equal(shown(matmul.prepare(({ BM, BN }) => [cdiv(M, BM), cdiv(N, BN)], args)), winner(measured[at]!));
  }
  // Tiles of 16 rows do an eighth of the work of tiles of 128 where there are 16: whatever else differs, one shape cannot be the other.
  assert.notEqual(winner(measured[0]!), winner(measured[1]!));
  const example = tilescript("run", "--device", "cuda", "--bundle", bundle, `${root}dist/examples/matmul.js`);
  assert.match(example.stdout, /matmul: .* right/, example.stderr);
});

test("the times of a product are those of a whole launch, run by run", async () => {
  const [one] = tune("matmul", "matmul", "--shapes", "M=8k,N=8k,K=8k").filter(({ shape }) => shape.M === 8192);
  const seconds = one!.builds[0]!.milliseconds / 1000;
  const teraflops = (2 * 8192 ** 3) / seconds / 1e12;
  assert.ok(teraflops > 20 && teraflops < 3000, `${teraflops} TFLOP/s`);
});

test("rows are normalised with the warps that were the fastest for their dtype", async () => {
  const measured = tune("layer-norm", "layerNorm", "--budget", "60");
  assert.equal(measured.length, 2);
  const { layerNorm } = await device.load<typeof layerNorms>(bundle);
  using memory = device.alloc(1024 * 4);
  const buffers = { x: memory, scale: memory, shift: memory, out: memory, mean: memory, inverse: memory };
  for (const one of measured) {
    const T = one.shape.T as "bf16" | "f32";
    const args = { ...buffers, columns: 1024, epsilon: 1e-5, BLOCK: 1024, T };
    assert.equal(shown(layerNorm.prepare([1], args)), winner(one));
  }
});
