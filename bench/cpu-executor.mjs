// Rates of the CPU executor, as JSON on stdout, after `npm run build`:
//   node bench/cpu-executor.mjs [--threads 1] [--rows 49152] [--columns 576]
// Weights per second of a Q4_1 matrix-vector product, GFLOP/s of bf16 tile products, microseconds of a replayed launch, and milliseconds to
// compile the kernels. Each is the best of several runs, because other work on the machine only ever makes them slower.
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { check, compileForCpu, specialize } from "../dist/compiler/compile.js";
import { CpuDevice } from "../dist/runtime/device/cpu/index.js";

const { values } = parseArgs({
  options: {
    threads: { type: "string", default: "1" },
    rows: { type: "string", default: "49152" },
    columns: { type: "string", default: "576" },
  },
});
const threads = Number(values.threads);
const [rows, columns] = [Number(values.rows), Number(values.columns)];
const project = fileURLToPath(new URL("..", import.meta.url));

const { kernels, diagnostics } = check(["bench/cpu-executor.kernel.ts"], { project });
if (diagnostics.length > 0) throw new Error(diagnostics[0].message);
const device = await CpuDevice.open({ threads, store: null });
const bundle = device.loadKernels(kernels);

/** The least milliseconds that `work` takes on the device. */
async function best(work, runs = 15) {
  const times = [];
  for (let run = 0; run < runs; run++) times.push(await device.time(work));
  return Math.min(...times);
}

async function matrixVector() {
  const blockCount = columns / 32;
  const weights = device.alloc(rows * blockCount * 20);
  device.fill(weights, 0x34);
  const [x, y] = [device.alloc(columns * 4), device.alloc(rows * 4)];
  device.fill(x, 0);
  const args = { bytes: weights, halves: weights, x, y, blockCount, R: 16, B: 2 };
  const launch = bundle.kernel("matrixVector").prepare([rows / 16], args);
  const ms = await best(() => launch.run());
  return { megaWeightsPerSecondPerCore: Math.round((rows * columns) / ms / 1e3 / threads), ms };
}

async function tileProduct() {
  const times = 100;
  const [a, b, c] = [device.alloc(8192), device.alloc(8192), device.alloc(threads * 16384)];
  for (const buffer of [a, b]) device.fill(buffer, 0x3f);
  const launch = bundle.kernel("tileProduct").prepare([threads], { a, b, c, times });
  const ms = await best(() => launch.run());
  return { gigaflopsPerCore: Number(((2 * 64 ** 3 * times) / ms / 1e6).toFixed(1)), ms };
}

async function launches() {
  const count = 500;
  const launch = bundle.kernel("nothing").prepare([1], { x: device.alloc(4) });
  const graph = device.capture(() => {
    for (let index = 0; index < count; index++) launch.run();
  });
  return { microsecondsPerLaunch: Number(((1000 * (await best(() => graph.replay()))) / count).toFixed(2)) };
}

async function compilation() {
  const times = [];
  for (const kernel of kernels) {
    const [build] = kernel.builds;
    const start = performance.now();
    const { wasm } = compileForCpu(specialize(kernel, { constants: build?.constants ?? {} }));
    times.push({ kernel: kernel.name, ms: Number((performance.now() - start).toFixed(1)), bytes: wasm.length });
  }
  return times;
}

const result = {
  machine: { processor: cpus()[0]?.model.trim(), threads, node: process.version },
  matrixVector: await matrixVector(),
  tileProduct: await tileProduct(),
  launch: await launches(),
  compilation: await compilation(),
};
console.log(JSON.stringify(result, null, 2));
device.close();
