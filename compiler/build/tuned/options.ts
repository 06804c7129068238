import { type Build, DEFAULT_OPTIONS } from "../../ir/index.js";

type OptionValue = number | boolean | string;

/** Options of a build as plain data: warps and stages, and whatever else is not the default. Equal options give equal data. */
export function optionsOf({ constants, dtypes, ...options }: Build): Record<string, OptionValue> {
  const { warps, stages, ...others } = options;
  const defaults = DEFAULT_OPTIONS as unknown as Readonly<Record<string, unknown>>;
  const said = Object.entries(others)
    .filter(([name, value]) => value !== undefined && value !== defaults[name])
    .map(([name, value]) => [name, typeof value === "object" ? JSON.stringify(value) : value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return { warps, stages, ...(Object.fromEntries(said) as Record<string, OptionValue>) };
}
