import { InvalidArgumentError } from "commander";
import { readInteger } from "../../runtime/integers.js";

/** A count as people write it: 512, 8k (8192), 1M (1,048,576), 1_000, 1.5k. */
export function count(text: string): number {
  const value = readInteger(text);
  if (value === undefined) throw new InvalidArgumentError("Expected a whole number such as 512, 8k or 1M.");
  return value;
}

/** The same, but at least 1. */
export function positive(text: string): number {
  const value = count(text);
  if (value < 1) throw new InvalidArgumentError("Expected a number of at least 1.");
  return value;
}

/** What fixes the draws: 32 bits. */
export function seed(text: string): number {
  const value = count(text);
  if (value >= 2 ** 32) throw new InvalidArgumentError("Expected a whole number from 0 to 4294967295.");
  return value;
}

/** A number that `valid` accepts; `expected` says which those are. */
export const number =
  (valid: (value: number) => boolean, expected: string) =>
  (text: string): number => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!valid(value)) throw new InvalidArgumentError(`Expected ${expected}.`);
    return value;
  };
