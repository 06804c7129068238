import { after, before, test } from "node:test";
import { CudaDevice } from "../../runtime/device/cuda/index.js";
import type * as modelKernels from "../../runtime/kernels/index.js";
import type { ModelKernels } from "../../runtime/kernels/loaded.js";
import { expectOrder } from "../model-kernels/order.js";
import { bundle as folder } from "./devices.js";
import { ORDER } from "./order-sizes.js";
import { repetitions } from "./sanitizer.js";

let device: CudaDevice;
let bundle: ModelKernels;
before(async () => {
  device = CudaDevice.open();
  bundle = await device.load<typeof modelKernels>(folder("model-kernels"));
});
after(() => device.close());

for (const picking of ["greedy", "sample"] as const)
  test(`${picking}: a recorded step of dependent launches leaves the bits that its kernels leave one by one`, () =>
    expectOrder(device, bundle, ORDER.sizes, { picking, steps: repetitions(ORDER.steps, 4) }));
