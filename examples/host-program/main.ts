import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tilescript/compiler";
import { cdiv, Device, download, upload } from "tilescript/runtime";
import { randoms, report, worstError } from "../numbers.js";
import type * as Saxpy from "./saxpy.kernel.js";

const source = fileURLToPath(new URL("./saxpy.kernel.ts", import.meta.url));

/** A program that builds its own kernel for the device it finds, and launches it with arguments that tsc checks by the kernel's type. */
export async function main(): Promise<void> {
  using device = await Device.open();
  const out = await mkdtemp(join(tmpdir(), "saxpy-"));
  try {
    const { folder, built, cached } = await build({
      files: [source],
      arch: device.kind === "cuda" ? [device.arch] : [],
      out: join(out, "bundle"),
    });
    console.log(`host-program: ${built} cubins built, ${cached} taken from the cache`);
    const { saxpy } = await device.load<typeof Saxpy>(folder);

    const n = 5000;
    const [xs, ys, factor] = [randoms(n, 13), randoms(n, 14), 0.5];
    const x = await upload(device, xs);
    const y = await upload(device, ys);
    const step = saxpy.prepare([cdiv(n, 256)], { x, y, factor, n, BLOCK: 256 });
    step.run();
    step.set("factor", -factor / 2);
    step.run();
    const result = await download(y, new Float32Array(n));
    const expected = (i: number): number => (ys[i] as number) + (factor / 2) * (xs[i] as number);
    report(`host-program: saxpy twice over ${n} elements on ${device.name}`, worstError(result, expected), 1e-6);
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}
