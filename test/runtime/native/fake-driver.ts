/** Builds the add-on and the fake libcuda.so.1, and opens one through the other. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type DriverAvailable, openDriver } from "../../../runtime/native/index.js";
import { buildNative, compileAddon, findCompiler } from "../../../scripts/build-native.mjs";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const native = at("../../../runtime/native");
const folder = at("fake/");
/** Kept between runs: compiling takes seconds. */
const cache = at("../../../node_modules/.cache");

/** The controls that the fake exports to its tests. */
export interface FakeDriver {
  /** Forgets calls, launches, failures and settings; live objects stay. */
  reset(): void;
  /** Makes the nth call of a name (1 is the next after a reset) fail with a code. */
  fail(name: string, nth: number, code: number): void;
  /** DEVICES, VERSION, CAPABILITY, PARAMETERS (0: as before 12.4), VIRTUAL_MEMORY (0: none), PENDING, DELAY (ms in waits), LAZY (1: queued work runs when waited for), ENDLESS (0: the kernel "endless" ends). */
  set(setting: string, value: number): void;
  /** 0 stops writing calls down, for benchmarks. */
  record(on: number): void;
  /** Makes loading a module fail with this log. */
  failModules(log: string): void;
  calls(): string[];
  launches(): string[];
  /** Objects not yet released, such as "memory 2"; empty when nothing leaks. */
  live(): string[];
}

/** The path of the fake, compiled once for each state of its sources; or the one that TILESCRIPT_FAKE names, for scripts/sanitize.mjs. */
export function buildFake(flags: readonly string[] = []): string {
  if (process.env.TILESCRIPT_FAKE && flags.length === 0) return process.env.TILESCRIPT_FAKE;
  const built = buildNative();
  if (!built.built) throw new Error(built.message);
  const hash = createHash("sha256").update(flags.join(" "));
  for (const name of readdirSync(folder).sort()) hash.update(readFileSync(join(folder, name)));
  hash.update(readFileSync(join(native, "driver.h")));
  const path = join(cache, `fake-driver-${hash.digest("hex").slice(0, 16)}`, "libcuda.so.1");
  if (existsSync(path)) return path;
  const complaint = compileAddon(findCompiler()!, join(folder, "libcuda.cc"), path, [`-I${native}`, ...flags]);
  if (complaint !== undefined) throw new Error(complaint);
  return path;
}

/** Opens the fake in this process; whatever opens the driver afterwards gets it too. */
export function openFake(): DriverAvailable & { readonly fake: FakeDriver } {
  const path = buildFake();
  process.env.TILESCRIPT_LIBCUDA = path;
  const module = { exports: {} };
  process.dlopen(module, path);
  const opened = openDriver();
  if (!opened.available) throw new Error(`${opened.reason}: ${opened.detail}`);
  return { ...opened, fake: module.exports as FakeDriver };
}

/** An image that the fake loads, with one kernel a line. */
export const image = (...kernels: readonly string[]): Uint8Array =>
  new TextEncoder().encode(kernels.map((kernel) => `kernel ${kernel}\n`).join(""));
