import { after, before, test } from "node:test";
import { CudaDevice } from "../../runtime/device/cuda/index.js";
import type { LoadedBundle } from "../../runtime/device/device.js";
import { expectOrder } from "../model-kernels/order.js";
import { bundle as folder } from "./devices.js";

let device: CudaDevice;
let bundle: LoadedBundle;
before(async () => {
  device = CudaDevice.open();
  bundle = await device.load(folder("models"));
});
after(() => device.close());

const SIZES = { layers: 4, heads: 9, kvHeads: 3, headSize: 64, feedForward: 1536, vocabulary: 5003 };

for (const pick of ["greedy", "sample"] as const)
  test(`${pick}: a recorded step of dependent launches leaves the bits that its kernels leave one by one`, () =>
    expectOrder(device, bundle, SIZES, { pick, steps: 200 }));
