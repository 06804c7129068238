import { openDriver } from "../../runtime/native/index.js";
import type { GenerationOptions } from "../options/generation.js";
import { colours } from "../report/colours.js";

/** Says on stderr why the CPU executor was taken, where a GPU would have been if there were one. Several devices are always named. */
export function explainFallback(
  taken: { readonly kind: string },
  { device, devices }: Pick<GenerationOptions, "device" | "devices">,
): void {
  if (taken.kind !== "cpu" || device === "cpu" || devices || process.env.TILESCRIPT_DEVICE === "cpu") return;
  const driver = openDriver();
  if (driver.available) return;
  process.stderr.write(
    `${colours(process.stderr).dim(`No GPU (${driver.detail}), so this runs on the CPU executor. tilescript doctor says more.`)}\n`,
  );
}
