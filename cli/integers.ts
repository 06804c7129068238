import { InvalidArgumentError } from "commander";

const FACTORS: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** A count as people write it: 512, 8k (8192), 1M (1,048,576), 1_000, 1.5k. */
export function count(text: string): number {
  const match = /^(\d[\d_]*(?:\.\d+)?)([kmg]?)$/i.exec(text.trim());
  const value = match
    ? Number(match[1]?.replaceAll("_", "")) * (FACTORS[match[2]?.toLowerCase() ?? ""] ?? Number.NaN)
    : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError("Expected a whole number such as 512, 8k or 1M.");
  return value;
}

/** The same, but at least 1. */
export function positive(text: string): number {
  const value = count(text);
  if (value < 1) throw new InvalidArgumentError("Expected a number of at least 1.");
  return value;
}

/** A number from `low` to `high`, both included. */
export const between =
  (low: number, high: number) =>
  (text: string): number => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!(value >= low && value <= high))
      throw new InvalidArgumentError(
        high === Number.POSITIVE_INFINITY
          ? `Expected a number of at least ${low}.`
          : `Expected a number from ${low} to ${high}.`,
      );
    return value;
  };
