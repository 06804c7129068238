import { LIMITS, LimitExceeded } from "./limits.js";

/** The values of a loop's variable. */
export function turns(start: number, stop: number, step: number): readonly number[] {
  const values: number[] = [];
  for (let value = start; step > 0 ? value < stop : value > stop; value += step) {
    if (values.length === LIMITS.operations) throw new LimitExceeded("operations");
    values.push(value);
  }
  return values;
}
