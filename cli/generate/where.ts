import type { Model } from "../../runtime/index.js";

/** Where a model runs, in words: of several devices, how many. */
export const whereIs = ({ device, devices }: Pick<Model, "device" | "devices">): string =>
  devices.length > 1 ? `${devices.length} devices, ${device.name} each` : device.name;
