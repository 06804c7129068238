import { openDriver } from "../../runtime/native/index.js";
import { InputError } from "../report/errors.js";

/**
 * The device to measure. @throws InputError where there is no GPU and the CPU executor was not asked for: its times are no measurement of anything
 * that people run.
 */
export function deviceToMeasure(wanted: "cuda" | "cpu" | undefined): "cuda" | "cpu" {
  if ((wanted ?? process.env.TILESCRIPT_DEVICE) === "cpu") return "cpu";
  const driver = openDriver();
  if (driver.available && driver.addon.countDevices() > 0) return "cuda";
  throw new InputError(
    `there is no GPU to measure${driver.available ? "" : `: ${driver.detail}`}`,
    "Run this where there is one: node scripts/pack.mjs packs everything for a machine with NVIDIA's driver, and tilescript doctor says what this one " +
      "lacks. --device cpu measures the CPU executor, with short lengths.",
  );
}
