import { existsSync } from "node:fs";
import { tunedPath } from "../../compiler/build/tuned/index.js";
import { openDevice } from "../../runtime/device/open.js";
import { openDriver } from "../../runtime/native/index.js";
import { fileOf } from "../kernels/target.js";
import { InputError } from "../report/errors.js";
import { plural, progress } from "../report/progress.js";
import { ensureWritableCache } from "../run/writable-cache.js";
import { isChoice, optionalOf } from "./candidates.js";
import { loadTunable } from "./load-tuning.js";
import { KernelMeasurement } from "./measure-kernel.js";
import { shapeJson, shapeTable } from "./output.js";
import type { ShapeText } from "./shape-text.js";
import { shapesFor } from "./shapes.js";
import { WinnersFile, writeIntoBundle } from "./winners-file.js";

interface TuneRequest {
  readonly target: string;
  readonly shapes?: readonly ShapeText[];
  readonly device?: "cpu" | "cuda";
  readonly bundle?: string;
  readonly budget: number;
  readonly all?: boolean;
  readonly json?: boolean;
  readonly signal: AbortSignal;
}

/** Throws InputError where there is no GPU, and says what launches do without one. */
function deviceToTune(wanted: TuneRequest["device"], target: string): "cuda" | "cpu" {
  if ((wanted ?? process.env.TILESCRIPT_DEVICE) === "cpu") return "cpu";
  const driver = openDriver();
  if (driver.available && driver.addon.countDevices() > 0) return "cuda";
  const path = tunedPath(fileOf(target));
  const rest = existsSync(path)
    ? `Launches go on taking what ${path} says, and the first build where it says nothing.`
    : "The defaults hold: launches take the first build.";
  throw new InputError(
    `there is no GPU to measure on${driver.available ? "" : `: ${driver.detail}`}`,
    `${rest} Measure where there is one, and keep the JSON beside the kernel; --device cpu measures for the CPU executor.`,
  );
}

const ENDED = {
  budget: "The time budget is spent: what is missing was not measured. --budget gives more.",
  interrupted: "Interrupted: what was measured until then stays.",
} as const;

/** Measures the builds of a kernel for each shape and keeps the fastest in the file beside it. */
export async function tuneKernel({
  target,
  shapes,
  bundle,
  all = false,
  budget,
  json,
  signal,
  ...rest
}: TuneRequest): Promise<number> {
  const kind = deviceToTune(rest.device, target);
  ensureWritableCache();
  const tunable = await loadTunable({ target, device: kind, bundle, signal });
  const { entry, tuning, folder, manifest, bindings } = tunable;
  const wanted = shapes ? shapesFor(shapes, tuning.shapes[0]) : tuning.shapes;
  if (!isChoice(entry, optionalOf(bindings)))
    throw new InputError(
      `${entry.name} has one build, so there is nothing to choose`,
      "Add builds that differ in warps, stages or constants: { builds: [{ … }, { …, warps: 8 }] }.",
    );
  const file = new WinnersFile(tunable);
  using device = await openDevice({ prefer: kind });
  const line = progress();
  const measurement = new KernelMeasurement({
    ...{ device, folder, entry, bindings, tuning, shapes: wanted, all, signal },
    budgetMs: budget * 1000,
    onProgress: line.show,
  });
  await measurement.run().finally(line.clear);
  const { results, ended } = measurement;
  if (results.length > 0) {
    const measured = file.write(device, results);
    if (bundle !== undefined) writeIntoBundle(folder, manifest, entry, measured);
  }
  if (json)
    console.log(
      JSON.stringify(
        {
          kernel: entry.name,
          device: device.name,
          arch: device.arch,
          file: file.path,
          ended: ended ?? "measured",
          shapes: results.map(shapeJson),
        },
        null,
        2,
      ),
    );
  else {
    console.log(`${entry.name} on ${device.name}: medians, caches flushed before each run`);
    for (const result of results) console.log(`\n${shapeTable(result).join("\n")}`);
    if (results.length > 0)
      console.log(`\n${file.path}: ${plural(results.length, "shape")}; tilescript build and run take it from there`);
  }
  if (file.isStale)
    process.stderr.write(`${entry.name} has changed since it was measured before: those measurements are dropped\n`);
  if (ended) process.stderr.write(`${ENDED[ended]}\n`);
  return 0;
}
