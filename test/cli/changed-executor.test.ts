import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../built-cli.js";

const PROGRAM = `
  import { Device, download, upload } from "tilescript/runtime";
  import * as kernels from "./add.kernel.js";
  const device = await Device.open({ prefer: "cpu" });
  const { add } = await device.load(kernels);
  const x = await upload(device, Float32Array.of(1, 2, 3, 4));
  add.launch([1], { x });
  console.log([...(await download(x, new Float32Array(4)))].join());
  device.close();
`;
const KERNEL = `
  import { arange, kernel, load, type Ptr, store } from "tilescript";
  export const add = kernel(({ x }: { x: Ptr<"f32"> }) => {
    const at = x + arange(0, 4);
    store(at, load(at) + 100);
  });
`;

it("the code of a changed executor runs, not what one before it has stored", { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "changed-executor-"));
  const copy = join(folder, "node_modules/tilescript");
  for (const part of ["dist", "package.json", "cli/bin.mjs"])
    cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  writeFileSync(join(folder, "add.ts"), PROGRAM);
  writeFileSync(join(folder, "add.kernel.ts"), KERNEL);
  const cache = join(folder, "cache");
  const run = () =>
    execFileSync(process.execPath, [join(copy, "cli/bin.mjs"), "run", "add.ts"], {
      cwd: folder,
      env: { ...process.env, TILESCRIPT_CACHE: cache },
      encoding: "utf8",
    }).trim();
  try {
    expect(run()).toBe("101,102,103,104");
    const table = join(copy, "dist/compiler/backends/wasm/emit/vector-primitives.js");
    const text = readFileSync(table, "utf8");
    expect(text).toContain('add: arithmetic("add")');
    writeFileSync(table, text.replace('add: arithmetic("add")', 'add: arithmetic("sub")'));
    expect(run()).toBe("-99,-98,-97,-96");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
