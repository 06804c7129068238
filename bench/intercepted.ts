import type { Arguments, Grid, LoadedKernel } from "../runtime/device/device.js";
import type { ModelKernels } from "../runtime/kernels/loaded.js";

/** Kernels whose launches somebody else lets through: at once, later, or never. */
export const intercepted = (
  loaded: ModelKernels,
  meet: (name: string, launch: () => void, args: Arguments) => void,
): ModelKernels =>
  new Proxy(loaded, {
    get(target, name) {
      const kernel = Reflect.get(target, name) as LoadedKernel;
      return {
        launch: (grid: Grid, args: Arguments) => meet(String(name), () => kernel.launch(grid, args), args),
      };
    },
  });
