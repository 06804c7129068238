// Loading at the speed of the bus: a file in the page cache goes to the GPU as tensors, beside plain copies of as many bytes from pinned memory.
//   node bench/load.mjs [--gigabytes 14.8] [--tensors 300] [--rounds 5] [--folder DIR | --file FILE] [--sweep] [--out FILE.json] [--fake]
// Both ways take turns in one process. --file takes a file that is there instead of writing one (into --folder, removed at the end). --sweep
// tries other numbers of threads and sizes of slots. --fake runs over the tests' stand-in for the driver, to try this program without a GPU.
import { randomFillSync } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statfsSync,
  writeSync,
} from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    gigabytes: { type: "string", default: "14.8" },
    tensors: { type: "string", default: "300" },
    rounds: { type: "string", default: "5" },
    folder: { type: "string", default: tmpdir() },
    file: { type: "string" },
    sweep: { type: "boolean", default: false },
    out: { type: "string" },
    fake: { type: "boolean", default: false },
  },
});

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
if (!existsSync(at("../dist/bench"))) throw new Error("dist/ is not built: run npm run build first");
if (values.fake) process.env.TILESCRIPT_LIBCUDA = await buildFake();
const { CudaDevice } = await import("../dist/runtime/device/cuda/index.js");
const { openFileBytes } = await import("../dist/runtime/weights/file-bytes.js");
const { environment, median, slug } = await import("../dist/bench/environment.js");
const { writeResults } = await import("../dist/bench/results-file.js");

const MiB = 2 ** 20;
const say = (text) => process.stderr.write(`${text}\n`);
const seconds = (from) => (performance.now() - from) / 1000;
const rate = (bytes, time) => `${(bytes / time / 1e9).toFixed(1)} GB/s`;
const rss = () => process.memoryUsage.rss();

async function buildFake() {
  const { compileAddon, findCompiler } = await import("../scripts/build-native.mjs");
  const folder = mkdtempSync(join(tmpdir(), "tilescript-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true }));
  const path = join(folder, "libcuda.so.1");
  const source = at("../test/runtime/native/fake/libcuda.cc");
  const complaint = compileAddon(findCompiler(), source, path, [`-I${at("../runtime/native")}`]);
  if (complaint) throw new Error(complaint);
  return path;
}

/** A file of so many bytes that no file system can fold together, removed when the process ends. */
function writeFile(folder, bytes) {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < bytes)
    throw new Error(
      `${folder} has ${bavail * bsize} bytes free, ${bytes - bavail * bsize} too few: name another --folder, or fewer --gigabytes`,
    );
  const own = mkdtempSync(join(folder, "tilescript-load-"));
  process.on("exit", () => rmSync(own, { recursive: true, force: true }));
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
  const path = join(own, "weights");
  const piece = randomFillSync(new Uint32Array((16 * MiB) / 4));
  const file = openSync(path, "w");
  for (let done = 0; done < bytes; ) {
    piece[0] = done / MiB;
    done += writeSync(file, piece, 0, Math.min(piece.byteLength, bytes - done));
  }
  // Or the disk would be written to while the loads are timed.
  fsyncSync(file);
  closeSync(file);
  return path;
}

/** Reads the whole file, so that it is in the page cache; answers the seconds that took. */
function readWhole({ descriptor, size }) {
  const into = new Uint8Array(16 * MiB);
  const start = performance.now();
  for (let done = 0; done < size; ) done += readSync(descriptor, into, 0, into.length, done);
  return seconds(start);
}

/** Sizes in the proportions of a Llama layer (q, k, v, o, gate, up, down, two norms), over and over, that make up the file. */
function tensorSizes(total, count) {
  const layer = [4, 1, 1, 4, 14, 14, 14, 0.001, 0.001];
  const parts = Array.from({ length: count }, (_, index) => layer[index % layer.length]);
  const sum = parts.reduce((all, part) => all + part, 0);
  const sizes = parts.map((part) => Math.floor((part / sum) * (total / 32)) * 32);
  sizes[0] += total - sizes.reduce((all, size) => all + size, 0);
  return sizes;
}

/** The file as tensors, each with a buffer of its own. */
function placeTensors(device, file, count) {
  let offset = 0;
  return tensorSizes(file.size, count).map((bytes) => {
    const copy = { to: device.alloc(bytes), file, offset, bytes };
    offset += bytes;
    return copy;
  });
}

/** Seconds for copies of the same sizes to the same places, all from one pinned buffer: what the bus gives, and nothing else to do. */
function copyPinned(device, copies, pinned) {
  const piece = pinned.buffer.byteLength;
  const start = performance.now();
  for (const { to, bytes } of copies)
    for (let done = 0; done < bytes; done += piece)
      device.stream.enqueueWrite(to.allocation.memory, done, pinned, 0, Math.min(piece, bytes - done));
  device.stream.synchronize();
  return seconds(start);
}

/** Seconds for an upload, and the most memory that the process had meanwhile. */
async function uploadOnce(device, copies) {
  let most = rss();
  const start = performance.now();
  await device.upload(copies, {
    onProgress: () => {
      most = Math.max(most, rss());
    },
  });
  return { time: seconds(start), rss: Math.max(most, rss()) };
}

/** Aborts an upload half-way; answers the seconds until it has rejected, when nothing is read or copied any more. */
async function abortHalfWay(device, copies) {
  const controller = new AbortController();
  const half = copies.reduce((sum, { bytes }) => sum + bytes, 0) / 2;
  let aborted;
  const onProgress = (bytes) => {
    if (bytes < half || aborted) return;
    aborted = performance.now();
    controller.abort();
  };
  try {
    await device.upload(copies, { signal: controller.signal, onProgress });
  } catch (error) {
    if (error.name !== "AbortError") throw error;
    return seconds(aborted);
  }
  return null;
}

/** Throws unless start and end of every tensor are on the device as they are in the file. */
async function verify(device, copies) {
  for (const { to, file, offset, bytes } of copies) {
    const length = Math.min(bytes, 65_536);
    for (const from of [0, bytes - length]) {
      const [expected, got] = [Buffer.alloc(length), Buffer.alloc(length)];
      readSync(file.descriptor, expected, 0, length, offset + from);
      await device.read(to.view(from, length), got);
      if (!got.equals(expected))
        throw new Error(`the tensor at byte ${offset} is not on the device as it is in the file`);
    }
  }
}

/** Pins slots of its own for each shape, which an upload by the device does once. The best of three. */
async function sweep(device, copies) {
  const { addon } = device.driver;
  const context = new addon.Context(0);
  const plan = copies.map(({ to, file, offset, bytes }) => ({
    ...{ to: to.allocation.memory, toOffset: to.offset, file: file.descriptor, offset, bytes },
  }));
  const shapes = [2, 4, 6, 8, 10, 12, 16].flatMap((threads) =>
    [1, 2, 4, 8].flatMap((mebibytes) => [2, 3].map((slots) => ({ threads, slots, mebibytes }))),
  );
  const results = [];
  for (const shape of shapes) {
    const pinning = performance.now();
    const uploader = new addon.Uploader(context, shape.threads, shape.slots, shape.mebibytes * MiB);
    const pinSeconds = seconds(pinning);
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 3; round++) {
      const start = performance.now();
      await uploader.upload(plan, new addon.Transfer());
      best = Math.min(best, seconds(start));
    }
    uploader.destroy();
    results.push({ ...shape, pinSeconds, seconds: best });
    const text = `${shape.threads} threads × ${shape.slots} slots of ${shape.mebibytes} MiB`;
    say(
      `  ${text}: ${best.toFixed(3)} s, ${rate(copies[0].file.size, best)}, pinned in ${(pinSeconds * 1e3).toFixed(0)} ms`,
    );
  }
  context.destroy();
  return results;
}

async function measure(device, file, copies) {
  const { addon } = device.driver;
  const pinning = performance.now();
  const pinned = new addon.PinnedMemory(new addon.Context(0), 256 * MiB);
  say(`256 MiB pinned in ${(seconds(pinning) * 1e3).toFixed(0)} ms`);
  copyPinned(device, copies, pinned);
  const rssBefore = rss();
  const plain = [];
  const uploads = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    plain.push(copyPinned(device, copies, pinned));
    uploads.push(await uploadOnce(device, copies));
    const [one, other] = [plain.at(-1), uploads.at(-1).time];
    const both = `plain ${one.toFixed(3)} s (${rate(file.size, one)}), upload ${other.toFixed(3)} s (${rate(file.size, other)})`;
    say(`  ${both}, ratio ${(other / one).toFixed(2)}`);
  }
  await verify(device, copies);
  const [plainSeconds, uploadSeconds] = [median(plain), median(uploads.map(({ time }) => time))];
  return {
    plainSeconds,
    uploadSeconds,
    ratio: uploadSeconds / plainSeconds,
    // The first one also pins the slots and starts the threads' first reads.
    firstUploadSeconds: uploads[0].time,
    firstRatio: uploads[0].time / plainSeconds,
    plain,
    uploads: uploads.map(({ time }) => time),
    rssBytes: { before: rssBefore, most: Math.max(...uploads.map((one) => one.rss)), after: rss() },
    abortSeconds: await abortHalfWay(device, copies),
  };
}

async function main() {
  const device = CudaDevice.open();
  const bytes = Math.round(Number(values.gigabytes) * 1e9);
  if (!values.file) say(`writing ${bytes} bytes into ${values.folder}`);
  const file = openFileBytes(values.file ?? writeFile(values.folder, bytes));
  const cold = readWhole(file);
  const warm = readWhole(file);
  say(`read with one thread: ${rate(file.size, cold)}, then ${rate(file.size, warm)}`);
  const copies = placeTensors(device, file, Number(values.tensors));
  const results = {
    ...environment(device),
    cpu: `${cpus()[0]?.model.trim()}, ${availableParallelism()} threads`,
    bytes: file.size,
    tensors: copies.length,
    readSeconds: { first: cold, second: warm },
    ...(await measure(device, file, copies)),
    ...(values.sweep && { sweep: await sweep(device, copies) }),
  };
  file.close();
  device.close();
  const { rssBytes, ratio, uploadSeconds, firstUploadSeconds, abortSeconds } = results;
  const mebibytes = (count) => `${(count / MiB).toFixed(0)} MiB`;
  say(
    `upload: ${uploadSeconds.toFixed(3)} s, ${ratio.toFixed(2)} × plain pinned copies; the first ${firstUploadSeconds.toFixed(3)} s`,
  );
  const aborted = abortSeconds === null ? "too late" : `${(abortSeconds * 1e3).toFixed(1)} ms`;
  say(
    `memory of the process: ${mebibytes(rssBytes.before)} before, at most ${mebibytes(rssBytes.most)}, ${mebibytes(rssBytes.after)} after; an abort took ${aborted}`,
  );
  const out = values.out ?? join("bench-results", `load-${slug(device.name)}.json`);
  writeResults(out, results);
  say(`written to ${out}`);
}

await main();
