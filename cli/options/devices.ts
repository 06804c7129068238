import { InvalidArgumentError } from "commander";

/** Several devices: numbers of GPUs, or cpu for each of several of the CPU executor. */
export function devices(text: string): readonly number[] | readonly "cpu"[] {
  const names = text.split(",").map((one) => one.trim());
  if (names.every((one) => one === "cpu")) return names as "cpu"[];
  if (names.every((one) => /^\d{1,3}$/.test(one))) return names.map(Number);
  throw new InvalidArgumentError("Expected numbers of GPUs, such as 0,1, or cpu,cpu.");
}
