import { openDriver } from "../../runtime/native/index.js";

/** The architecture number of the first GPU, such as 90 for sm_90; undefined where there is none that can be used. */
export function gpuArchitecture(): number | undefined {
  const driver = openDriver();
  if (!driver.available || driver.addon.countDevices() === 0) return undefined;
  const { computeMajor, computeMinor } = driver.addon.describeDevice(0);
  return computeMajor * 10 + computeMinor;
}

/** What cubins are made for where nobody says it: the GPU here, else Hopper. */
export const targetArchitecture = (): number => gpuArchitecture() ?? 90;
