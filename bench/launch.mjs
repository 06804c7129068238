// What one launch costs from JavaScript, in nanoseconds, as JSON on stdout:
//   node bench/launch.mjs [--fake] [--launches 20000]
// On the real driver the kernel is an empty one; with --fake the driver is the tests' stand-in, so that what remains is
// our own share. Launches go in bursts, with the queue drained between them untimed: a full queue would time the GPU.
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildNative, compileAddon, findCompiler } from "../scripts/build-native.mjs";

const { values } = parseArgs({
  options: { fake: { type: "boolean" }, launches: { type: "string", default: "20000" } },
});
const total = Number(values.launches);
const burst = 400;
const at = (path) => fileURLToPath(new URL(path, import.meta.url));

const ptx = `.version 7.0
.target sm_80
.address_size 64
.visible .entry empty(.param .u64 a, .param .u64 b, .param .u64 c, .param .u32 m, .param .u32 n, .param .u32 k, .param .u64 s, .param .u64 p)
{ ret; }
`;
const fakeImage = "kernel empty params=8,8,8,4,4,4,8,8\n";
const offsets = [0, 8, 16, 24, 28, 32, 40, 48];

function openAddon() {
  const named = process.env.TILESCRIPT_NATIVE;
  const built = named ? { built: true, path: named } : buildNative();
  if (!built.built) throw new Error(built.message);
  return createRequire(import.meta.url)(built.path);
}

function openFake() {
  const folder = mkdtempSync(join(tmpdir(), "tilescript-bench-"));
  const path = join(folder, "libcuda.so.1");
  const complaint = compileAddon(findCompiler(), at("../test/runtime/native/fake/libcuda.cc"), path, [
    `-I${at("../runtime/native")}`,
  ]);
  if (complaint) throw new Error(complaint);
  const module = { exports: {} };
  process.dlopen(module, path);
  process.on("exit", () => rmSync(folder, { recursive: true }));
  module.exports.record(0);
  return path;
}

/** Nanoseconds of one launch where `step` makes `launches` of them: the median over bursts, and the mean. */
function measure(stream, launches, step) {
  const times = [];
  for (let done = 0; done < total; done += burst) {
    const start = process.hrtime.bigint();
    for (let index = 0; index < burst; index += launches) step(index);
    times.push(Number(process.hrtime.bigint() - start) / burst);
    stream.synchronize();
  }
  times.sort((a, b) => a - b);
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  return { median: Math.round(times[times.length >> 1]), mean: Math.round(mean), worst: Math.round(times.at(-1)) };
}

const addon = openAddon();
const opened = addon.openDriver(values.fake ? openFake() : process.env.TILESCRIPT_LIBCUDA || "libcuda.so.1");
if (opened.reason) throw new Error(`${opened.reason}: ${opened.detail}. Use --fake where there is no GPU.`);
const context = new addon.Context(0);
const stream = new addon.Stream(context);
const module = new addon.Module(context, new TextEncoder().encode(values.fake ? fakeImage : ptx));
const kernel = module.function("empty");
const prepare = () => new addon.PreparedLaunch(kernel, stream, { grid: [1], block: [128] }, offsets, 56);

const launch = prepare();
const params = new DataView(launch.params());
const list = new addon.LaunchList(Array.from({ length: 20 }, prepare));
stream.beginCapture();
list.launch();
const graph = stream.endCapture().instantiate();

const cases = {
  prepared: () => measure(stream, 1, () => launch.launch()),
  preparedWithOneScalarSet: () =>
    measure(stream, 1, (index) => {
      params.setInt32(24, index, true);
      launch.launch();
    }),
  listOf20: () => measure(stream, 20, () => list.launch()),
  graphOf20: () => measure(stream, 20, () => graph.launch(stream)),
};
for (const run of Object.values(cases)) run();
const nanoseconds = Object.fromEntries(Object.entries(cases).map(([name, run]) => [name, run()]));
const device = values.fake ? "fake libcuda" : addon.describeDevice(0).name;
console.log(
  JSON.stringify({ device, cpu: cpus()[0].model, node: process.version, launches: total, nanoseconds }, null, 2),
);
