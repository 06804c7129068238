import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { check } from "../../compiler/check.js";
import { TileScriptError } from "../../dsl/index.js";
import { CpuDevice } from "../../runtime/device/cpu/index.js";
import { folderOf } from "../compiler/frontend/source.js";
import { ARGUMENTS, type Bench, GRIDS, KERNELS, MEMORY } from "./launches.js";

let bench: Bench;
beforeAll(async () => {
  const { kernels, diagnostics } = check(["k.kernel.ts"], { project: folderOf({ "k.kernel.ts": KERNELS }) });
  expect(diagnostics).toEqual([]);
  const [device, other] = [
    await CpuDevice.open({ threads: 1, store: null }),
    await CpuDevice.open({ threads: 1, store: null }),
  ];
  const loaded = device.loadKernels(kernels);
  bench = { device, other, x: device.alloc(16), kernel: (name) => loaded.kernel(name) };
});
afterAll(() => {
  bench.device.close();
  bench.other.close();
});

describe.each(Object.entries({ ARGUMENTS, GRIDS, MEMORY }))("%s", (_, table) => {
  test.each(Object.entries(table))("%s", async (_title, [done, ...says]) => {
    const error = await Promise.resolve()
      .then(() => done(bench))
      .then(
        () => null,
        (one: unknown) => one,
      );
    expect(error).toBeInstanceOf(TileScriptError);
    const { message, hint = "" } = error as TileScriptError;
    for (const part of says) expect(`${message} ${hint}`).toMatch(part);
  });
});
