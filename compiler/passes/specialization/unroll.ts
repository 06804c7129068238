import { declaredNames, LIMITS, LimitExceeded, renameIn, type Stmt } from "../../ir/index.js";

/** The values of a loop's variable. */
export function turns(start: number, stop: number, step: number): readonly number[] {
  const values: number[] = [];
  for (let value = start; step > 0 ? value < stop : value > stop; value += step) {
    if (values.length === LIMITS.operations) throw new LimitExceeded("operations");
    values.push(value);
  }
  return values;
}

/** A body whose own names end in `suffix`, so that copies of it can stand side by side. */
export const withSuffix = (body: readonly Stmt[], suffix: string): readonly Stmt[] =>
  renameIn(body, new Map([...declaredNames(body)].map((name) => [name, name + suffix])));
