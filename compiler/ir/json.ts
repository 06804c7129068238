import type { Kernel } from "./kernel.js";

/** What JSON cannot write: 64-bit integers, and the floats that are no decimal numbers (−0 included). */
const special = (value: unknown): unknown => {
  if (typeof value === "bigint") return { $int: String(value) };
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0)))
    return { $float: Object.is(value, -0) ? "-0" : String(value) };
  return value;
};

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const plain = (value: unknown): unknown => {
  if (!isRecord(value)) return value;
  if (typeof value.$int === "string") return BigInt(value.$int);
  if (typeof value.$float === "string") return Number(value.$float);
  return value;
};

/** A kernel as the text of an `.ir.json` file of a bundle. */
export const kernelToJson = (kernel: Kernel): string => `${JSON.stringify(kernel, (_key, value) => special(value))}\n`;

/** The kernel in the text of an `.ir.json` file. The file's hash has been checked, so its shape is not. Throws SyntaxError for other text. */
export const kernelFromJson = (text: string): Kernel => JSON.parse(text, (_key, value) => plain(value)) as Kernel;
