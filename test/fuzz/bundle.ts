/** Bundles: manifests and IR with right hashes, so that no hash keeps what was changed from being read. */

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { build } from "../../compiler/build/index.js";
import type { Manifest } from "../../compiler/bundle/index.js";
import { CpuDevice } from "../../runtime/device/cpu/index.js";
import type { CpuLaunch } from "../../runtime/device/cpu/kernel.js";
import { newFolder, writeAnew } from "./harness/files.js";
import { byteEdits, edited, editedBytes, type Json, jsonEdits } from "./harness/hostile.js";
import { attempts } from "./harness/target.js";

export const name = "bundle";

interface Base {
  readonly manifest: Json;
  readonly ir: Json;
  readonly irFile: string;
}

const sha256 = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const parent = newFolder();
const root = fileURLToPath(new URL("../../", import.meta.url));

/** An example built for the CPU executor, with the variants of its golden manifest: no Triton is needed. */
async function baseOf(example: string): Promise<Base> {
  const out = join(parent, example);
  const { manifest } = await build({ files: [`${root}examples/${example}.kernel.ts`], arch: [], out });
  const golden = readFileSync(`${root}test/compiler/build/golden/${example}.manifest.json`, "utf8")
    .replaceAll('"(sha256)"', JSON.stringify(sha256("")))
    .replace(/"\((?:bytes|registers|sharedBytes)\)"/g, "0");
  const [kernel] = manifest.kernels;
  const irFile = kernel!.ir[0]!.file.path;
  const { variants } = JSON.parse(golden).kernels[0];
  return {
    manifest: JSON.parse(JSON.stringify({ ...manifest, kernels: [{ ...kernel, triton: [], variants }] })),
    ir: JSON.parse(readFileSync(join(out, irFile), "utf8")),
    irFile,
  };
}
const bases = await Promise.all(["vector-add", "flash-attention"].map(baseOf));

const someEdits = fc.oneof(fc.constant([]), jsonEdits);
const inputs = fc.record({
  base: fc.nat({ max: bases.length - 1 }),
  manifest: someEdits,
  ir: someEdits,
  /** In the place of the IR's. */
  path: fc.option(
    fc.constantFrom(
      "../outside.json",
      "a/../../outside.json",
      "/dev/zero",
      "../../../../../dev/zero",
      ".",
      "",
      "a\0b",
      "manifest.json",
      "x".repeat(300),
      "fifo",
    ),
    { freq: 9 },
  ),
  bytes: fc.oneof({ weight: 9, arbitrary: fc.constant([]) }, byteEdits),
});

const folder = join(parent, "bundle");
let device: CpuDevice | undefined;
let buffer: Awaited<ReturnType<CpuDevice["alloc"]>> | undefined;

/** Looks like a file's entry: it gets the hash of the IR. */
function giveHash(value: unknown, ir: Buffer, path: string): void {
  if (typeof value !== "object" || value === null) return;
  const entry = value as Record<string, unknown>;
  if (entry.path === path) Object.assign(entry, { sha256: sha256(ir), bytes: ir.length });
  for (const inner of Object.values(entry)) giveHash(inner, ir, path);
}

export const { run, replay } = attempts({
  inputs,
  right: bases.map((_, base) => ({ base, manifest: [], ir: [], path: null, bytes: [] })),
  refusals: ["BundleError", "LaunchError", "DiagnosticError"],
  async attempt({ base, manifest, ir, path, bytes }) {
    const { manifest: whole, ir: wholeIr, irFile } = bases[base]!;
    const irBytes = Buffer.from(JSON.stringify(edited(wholeIr, ir)));
    const changed = structuredClone(whole) as Record<string, never>;
    giveHash(changed, irBytes, irFile);
    let text = JSON.stringify(edited(changed, manifest));
    if (path !== null) text = text.replaceAll(JSON.stringify(irFile), JSON.stringify(path));
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(dirname(join(folder, irFile)), { recursive: true });
    writeAnew(join(folder, irFile), irBytes);
    writeAnew(join(parent, "outside.json"), irBytes);
    writeAnew(join(folder, "manifest.json"), editedBytes(Buffer.from(text), bytes));
    device ??= await CpuDevice.open({ threads: 1, store: null });
    buffer ??= device.alloc(1 << 16);
    const bundle = await device.load(folder);
    // The other one takes seconds.
    if (base !== 0) return;
    for (const name of bundle.kernels) await compile(bundle.kernel(name).prepare([1, 1, 1], argumentsOf(bases[base]!)));
  },
});

/** Compiled, and not run: a kernel is a program, and what it does is its author's affair. */
const compile = async (launch: unknown): Promise<void> => void (await (launch as CpuLaunch).pending);

/** What the kernel takes before anything is changed: its first build, and buffers for everything. */
function argumentsOf({ manifest, ir }: Base): Record<string, never> {
  const { params } = (ir as { kernel: { params: { kind: string; name: string }[] } }).kernel;
  const [first] = (manifest as unknown as Manifest).kernels[0]!.builds;
  const values: Readonly<Record<string, unknown>> = {
    pointer: buffer,
    scalar: 16,
    descriptor: { buffer, shape: [64, 64], strides: [64, 1] },
  };
  const given = params.filter(({ kind }) => kind !== "const").map(({ kind, name }) => [name, values[kind]]);
  return { ...first!.constants, ...first!.dtypes, ...Object.fromEntries(given) } as Record<string, never>;
}
