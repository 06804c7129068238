/** Finds and loads the native add-on, and the driver through it. Importing this never fails: what is missing is a result. */

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { CudaError, type UnavailableReason } from "../device/errors.js";
import { packageRoot } from "../package-root.js";
import { type Addon, handleClasses } from "./addon.js";

export type * from "./addon.js";

/** Why there is no add-on, or no driver behind it, and the way out. */
export interface NativeUnavailable {
  readonly available: false;
  readonly reason: UnavailableReason;
  readonly detail: string;
  readonly hint: string;
}

export interface NativeAvailable {
  readonly available: true;
  readonly addon: Addon;
  /** The add-on's file. */
  readonly path: string;
}

export interface DriverAvailable extends NativeAvailable {
  /** The CUDA version the driver supports: 13000 is 13.0. */
  readonly version: number;
}

/** What makes an add-on here where none that was shipped does. */
const buildCommand = () => `node ${join(packageRoot() ?? ".", "scripts/build-native.mjs")}`;

const hints: Readonly<Record<UnavailableReason, string | (() => string)>> = {
  "no-addon": `The package has none for ${process.platform}-${process.arch}. Install a C++ compiler (sudo apt-get install g++) and run: ${buildCommand()}. Until then kernels run on the CPU, where no device is named.`,
  "bad-addon": () => `Build it for this Node and this system: ${buildCommand()}.`,
  "no-library":
    "Install NVIDIA's driver, or name its libcuda.so.1 in TILESCRIPT_LIBCUDA. Until then kernels run on the CPU, where no device is named.",
  "old-driver": "Update NVIDIA's driver to 525 (CUDA 12.0) or newer.",
  "no-device":
    "No GPU is visible: check nvidia-smi and CUDA_VISIBLE_DEVICES. Until then kernels run on the CPU, where no device is named.",
  "init-failed": "The driver did not start: check nvidia-smi. A reboot helps after a driver update.",
};

function unavailable(reason: UnavailableReason, detail: string): NativeUnavailable {
  const hint = hints[reason];
  return { available: false, reason, detail, hint: typeof hint === "string" ? hint : hint() };
}

/** Where an add-on may be: named by the environment, built here, shipped ready. */
function candidates(): readonly string[] {
  const named = process.env.TILESCRIPT_NATIVE;
  if (named) return [named];
  const root = packageRoot();
  if (!root) return [];
  return [
    join(root, "runtime/native/build/tilescript.node"),
    join(root, `prebuilds/${process.platform}-${process.arch}/tilescript.node`),
  ];
}

let loaded: NativeAvailable | undefined;

/** The add-on, which needs no driver to be loaded; see `openDriver`. */
export function loadNative(): NativeAvailable | NativeUnavailable {
  if (loaded) return loaded;
  const places = candidates();
  const path = places.find((place) => existsSync(place));
  if (!path) return unavailable("no-addon", `there is no ${places.join(" and no ") || "package folder"}`);
  try {
    const addon = createRequire(import.meta.url)(path) as Addon;
    prepare(addon);
    loaded = { available: true, addon, path };
    return loaded;
  } catch (error) {
    return unavailable("bad-addon", `${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What JavaScript must lend: the error class, and disposal. */
function prepare(addon: Addon): void {
  addon.setErrorFactory((code, name, text, call) => new CudaError(code, name, text, call));
  const classes = addon as unknown as Record<string, { prototype: Record<string | symbol, unknown> }>;
  for (const name of handleClasses) {
    const { prototype } = classes[name]!;
    prototype[Symbol.dispose] = prototype.destroy;
  }
}

/** The driver: libcuda.so.1 from the system, or the file that TILESCRIPT_LIBCUDA names. */
export function openDriver(): DriverAvailable | NativeUnavailable {
  const native = loadNative();
  if (!native.available) return native;
  const opened = native.addon.openDriver(process.env.TILESCRIPT_LIBCUDA || "libcuda.so.1");
  if (opened.reason) return unavailable(opened.reason as UnavailableReason, opened.detail);
  return { ...native, version: opened.version };
}
