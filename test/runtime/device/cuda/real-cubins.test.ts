import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { build } from "../../../../compiler/build/index.js";
import { CudaDevice } from "../../../../runtime/device/cuda/index.js";
import { openFake } from "../../native/fake-driver.js";

const { fake } = openFake();
const folder = mkdtempSync(join(tmpdir(), "tilescript-cubins-"));
const kernels = fileURLToPath(new URL("../../../cases/launcher.kernel.ts", import.meta.url));

// Real cubins: the fake reads from them what ptxas laid out, as the driver would.
beforeAll(() => build({ files: [kernels], arch: [80, 90], out: join(folder, "bundle") }), 900_000);
beforeEach(() => fake.reset());
afterAll(() => rmSync(folder, { recursive: true }));

it.each([80, 86, 90])("the manifest's layout is that of the cubins, on sm_%i", async (arch) => {
  fake.set("CAPABILITY", arch);
  using device = CudaDevice.open();
  const bundle = await device.load(join(folder, "bundle"));
  expect(bundle.kernels).toHaveLength(8);
});

it("arguments arrive where the cubin wants them", async () => {
  using device = CudaDevice.open();
  const bundle = await device.load(join(folder, "bundle"));
  const buffer = device.alloc(32 * 256 * 4);
  const address = Buffer.from(BigUint64Array.of(buffer.address).buffer).toString("hex");
  const nothing = "0".repeat(16);
  bundle.kernel("scalars").launch([1], { out: buffer, i: 1, w: 2, u: 3, f: 0.5, b: true });
  const tensor = { buffer, shape: [32, 64], strides: [64, 1] };
  bundle.kernel("readDescriptor").launch([1], { tensor, out: buffer });
  const [scalars, descriptor] = fake.launches().map((line) => line.split("params=")[1]!.split(","));
  expect(scalars).toEqual([address, "01000000", "0200000000000000", "03000000", "0000003f", "01", nothing, nothing]);
  expect(descriptor!.slice(1)).toEqual([
    "20000000",
    "40000000",
    "4000000000000000",
    "0100000000000000",
    address,
    nothing,
    nothing,
  ]);
  expect(descriptor![0]).toHaveLength(256);
});
