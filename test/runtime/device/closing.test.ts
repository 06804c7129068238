/** Devices that are closed beside a kernel that does not end, while nobody waits for it. */
import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { inferTypes } from "../../../compiler/passes/index.js";
import { upload } from "../../../runtime/device/arrays.js";
import { CpuDevice } from "../../../runtime/device/cpu/index.js";
import { root } from "../../built-cli.js";
import * as d from "../../compiler/ir/draft.js";
import { openFake } from "../native/fake-driver.js";
import { fakeBundle, scalar } from "./cuda/fake-bundle.js";

const { fake } = openFake();

/** The reason of the next rejection that nobody handles, which is not to fail this file. */
function unhandled(): Promise<Error> {
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  return new Promise((resolve) => {
    process.once("unhandledRejection", (reason) => {
      for (const other of others) process.on("unhandledRejection", other);
      resolve(reason as Error);
    });
  });
}

it("the CPU executor breaks the kernel off, and says so", async () => {
  const endless = d.kernel("endless", [d.ptr("x", "i32")], [d.whilst(d.lt(d.load("x"), 1), [d.store("x", 0)])], {
    builds: [d.build()],
  });
  const device = await CpuDevice.open({ threads: 1, store: null, closeLimit: 500 });
  const x = await upload(device, Int32Array.of(0));
  const kernel = device.loadKernels([inferTypes(endless).kernel]).kernel("endless");
  kernel.launch([1], { x });
  const reason = unhandled();
  device.close();
  expect(await reason).toMatchObject({
    name: "DeviceError",
    message: expect.stringContaining("was closed, and a kernel had still not ended 0.5 s later: it may never end."),
  });
});

it("the CPU executor runs what is queued to its end", async () => {
  const device = await CpuDevice.open({ threads: 1, store: null });
  const mirror = device.mirror(4);
  const large = device.alloc(8 << 20);
  for (let round = 0; round < 50; round++) device.fill(large, round);
  mirror.copyFrom(large, 4);
  device.close();
  await expect.poll(() => new Uint8Array(mirror.host)[0], { timeout: 30_000 }).toBe(49);
});

it("a GPU's memory is freed when what is queued has ended", async () => {
  const { CudaDevice } = await import("../../../runtime/device/cuda/index.js");
  const device = CudaDevice.open();
  const endless = (await device.load(fakeBundle([stuck]))).kernel("endless");
  device.alloc(64);
  endless.launch([1], { n: 1 });
  device.close();
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(fake.live()).toContain("memory 1");
  expect(() => device.alloc(4)).toThrow("used after it was closed");
  fake.set("ENDLESS", 0);
  await expect.poll(() => fake.live()).toEqual([]);
});

const stuck = { name: "endless", params: [scalar("n")], variants: [{}] };

it("a program that ends without close() beside such a kernel ends too", () => {
  const program = `
    import { CudaDevice } from "${root}dist/runtime/device/cuda/index.js";
    const device = CudaDevice.open({ closeLimit: 300 });
    globalThis.kept = device.alloc(64);
    const endless = (await device.load(${JSON.stringify(fakeBundle([stuck]))})).kernel("endless");
    endless.launch([1], { n: 1 });`;
  const { status, signal, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
    timeout: 40_000,
  });
  expect({ status, signal }).toEqual({ status: 1, signal: null });
  expect(stderr).toContain("a kernel had still not ended 0.3 s later");
});

it("a GPU is given up, and the process ends", () => {
  const program = `
    import { CudaDevice } from "${root}dist/runtime/device/cuda/index.js";
    process.once("unhandledRejection", (error) => console.log(error.name, error.message));
    const device = CudaDevice.open({ closeLimit: 300 });
    globalThis.kept = [device.alloc(64), device.reserve(4 << 20), device.mirror(64), device.alloc(1 << 20)];
    kept[1].grow(8);
    await device.write(kept[3], new Uint8Array(1 << 20));
    await device.synchronize();
    const endless = (await device.load(${JSON.stringify(fakeBundle([stuck]))})).kernel("endless");
    endless.launch([1], { n: 1 });
    device.close();`;
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
    timeout: 40_000,
  });
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: "" });
  expect(stdout).toContain("DeviceError Fake GPU was closed, and a kernel had still not ended 0.3 s later");
});
