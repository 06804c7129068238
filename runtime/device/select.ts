import type { Argument, Arguments } from "./device.js";
import { LaunchError } from "./errors.js";

/** What tells the builds of a kernel apart: values of its constants, and what its type parameters stand for. */
export interface Configured {
  readonly constants: Readonly<Record<string, number | boolean | string>>;
  readonly dtypes: Readonly<Record<string, string>>;
}

const configuration = ({ constants, dtypes }: Configured): Record<string, number | boolean | string> => ({
  ...dtypes,
  ...constants,
});

/** Whether an argument that a launch may leave out is there. */
export const isGiven = (value: Argument | null | undefined): value is Argument => value !== undefined && value !== null;

/** Whether what was built is what is wanted, which may name constants that this kernel does not have. */
export const isBuild = (built: Configured, wanted: Partial<Configured>): boolean =>
  Object.entries(built.constants).every(([name, value]) => wanted.constants?.[name] === value) &&
  Object.entries(built.dtypes).every(([name, dtype]) => wanted.dtypes?.[name] === dtype);

const text = (value: unknown): string => (typeof value === "string" ? JSON.stringify(value) : String(value));

const describe = (build: Configured): string =>
  Object.entries(configuration(build))
    .map(([name, value]) => `${name} = ${text(value)}`)
    .join(", ") || "no constants";

const list = (builds: readonly Configured[]): string => [...new Set(builds.map(describe))].join("; ");

/** What a launch may leave out: parameters, of which it then takes the build without, and constants that the kernel leaves to tuning. */
interface LeftToLaunch {
  readonly optional?: readonly string[] | undefined;
  readonly tune?: readonly string[] | undefined;
}

/**
 * The builds that agree with the constants and dtypes among the arguments, in their order. They all have the same constants and dtypes, but for
 * constants that the kernel leaves to tuning: any other name may be left out only where that leaves one choice. Throws LaunchError where there is
 * none, or more than one.
 */
export function selectBuilds<Build extends Configured>(
  kernel: string,
  builds: readonly Build[],
  args: Arguments,
  { optional = [], tune = [] }: LeftToLaunch = {},
): Build[] {
  const names = [...new Set(builds.flatMap((build) => Object.keys(configuration(build))))];
  let left = [...builds];
  for (const name of names) {
    const wanted: Argument | null | undefined = optional.includes(name) ? isGiven(args[name]) : args[name];
    if (wanted === undefined) continue;
    const agreeing = left.filter((build) => configuration(build)[name] === wanted);
    if (agreeing.length === 0) {
      throw new LaunchError({
        kernel,
        parameter: name,
        expected: `a value that was built (${list(left)})`,
        got: text(wanted),
        hint: "Add a build with this value to the kernel's declaration.",
      });
    }
    left = agreeing;
  }
  const settled = names.filter((name) => !tune.includes(name));
  const open = settled.find((name) => new Set(left.map((build) => configuration(build)[name])).size > 1);
  if (open !== undefined) {
    throw new LaunchError({
      kernel,
      parameter: open,
      expected: `one of what was built (${list(left)})`,
      got: "nothing",
    });
  }
  return left;
}
