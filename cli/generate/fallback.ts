import { openDriver } from "../../runtime/native/index.js";
import { colours } from "../report/colours.js";

/** Says on stderr why the CPU executor was taken, where a GPU would have been if there were one. */
export function explainFallback(device: { readonly kind: string }, wanted: string | undefined): void {
  if (device.kind !== "cpu" || wanted === "cpu" || process.env.TILESCRIPT_DEVICE === "cpu") return;
  const driver = openDriver();
  if (driver.available) return;
  process.stderr.write(
    `${colours(process.stderr).dim(`No GPU (${driver.detail}), so this runs on the CPU executor. tilescript doctor says more.`)}\n`,
  );
}
