import type { Examination, Finding } from "./finding.js";
import { links } from "./links.js";
import { gib } from "./machine.js";

const ON_CPU = "kernels run on the CPU executor, which is for trying and testing, not for speed";

export const gpu: Examination = async () => {
  const { loadNative, openDriver } = await import("../../runtime/native/index.js");
  const native = loadNative();
  if (!native.available)
    return { name: "Native add-on", state: "missing", found: native.detail, costs: ON_CPU, remedy: native.hint };
  const addon: Finding = { name: "Native add-on", state: "ok", found: native.path };
  const driver = openDriver();
  if (!driver.available)
    return [addon, { name: "Driver", state: "missing", found: driver.detail, costs: ON_CPU, remedy: driver.hint }];
  const version = `CUDA ${Math.floor(driver.version / 1000)}.${(driver.version % 1000) / 10}`;
  const devices = Array.from({ length: driver.addon.countDevices() }, (_, ordinal): Finding => {
    const facts = driver.addon.describeDevice(ordinal);
    const found = `${facts.name}, sm_${facts.computeMajor}${facts.computeMinor}, ${gib(facts.totalBytes)}, ${facts.multiprocessors} multiprocessors`;
    return { name: `GPU ${ordinal}`, state: "ok", found };
  });
  return [addon, { name: "Driver", state: "ok", found: version }, ...devices, ...links(driver.addon)];
};
