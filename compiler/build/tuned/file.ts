/** What `tilescript tune` measured, as JSON beside the kernels: `matmul.kernel.ts` has `matmul.tuned.json`. */
import { existsSync } from "node:fs";
import { z } from "zod";
import { BundleFault, readRegular } from "../../bundle/index.js";
import { DTYPE_NAMES } from "../../ir/index.js";

export const TUNED_VERSION = 1;

/** Far beyond what anybody measures. */
const MOST_BYTES = 2 ** 24;

const name = z.string().min(1).max(1000);
const values = z.record(name, z.union([z.number(), z.boolean(), z.string()]));
const dtypes = z.record(name, z.enum(DTYPE_NAMES));

const measuredBuild = z.strictObject({
  constants: values,
  dtypes,
  /** Warps, stages, and whatever else is not the default. */
  options: values,
  milliseconds: z.number().positive(),
});

const measured = z.strictObject({
  device: name,
  /** 90 for sm_90, 0 for the CPU executor. */
  arch: z.number().int().min(0).max(9999),
  /** With what, and when; for readers. */
  tilescript: z.string(),
  triton: z.string().nullable(),
  date: z.string(),
  /** The sizes, and the dtypes of type parameters, that were asked for. */
  shape: z.record(name, z.union([z.number(), z.enum(DTYPE_NAMES)])),
  /** Those of the sizes that are integers among the kernel's arguments: what a launch knows. */
  sizes: z.record(name, z.number()),
  /** The fastest first. */
  builds: z.array(measuredBuild).min(1),
});

const tunedFile = z.strictObject({
  version: z.literal(TUNED_VERSION),
  kernels: z.record(
    name,
    z.strictObject({
      /** Of the kernel that was measured: another text makes all of it out of date. */
      fingerprint: z.string().regex(/^[0-9a-f]{64}$/, "it is no SHA-256"),
      measured: z.array(measured),
    }),
  ),
});

export type MeasuredBuild = z.infer<typeof measuredBuild>;
export type Measured = z.infer<typeof measured>;
export type TunedFile = z.infer<typeof tunedFile>;
export type TunedKernel = TunedFile["kernels"][string];

export const tunedPath = (kernelFile: string): string =>
  kernelFile.replace(/(?:\.kernel)?\.[cm]?[jt]sx?$/, ".tuned.json");

/** What the file has of a kernel, whatever that is called. */
export const measuredOf = ({ kernels }: TunedFile, kernel: string): TunedKernel | undefined =>
  Object.hasOwn(kernels, kernel) ? kernels[kernel] : undefined;

/** What is wrong with the file, and where in it. */
export class TunedFault extends Error {
  override readonly name = "TunedFault";
  readonly line: number;

  constructor(problem: string, line = 1, cause?: unknown) {
    super(problem, { cause });
    this.line = line;
  }
}

/** The line of a complaint of JSON.parse, which counts letters. */
function lineOf(text: string, { message }: Error): number {
  const position = Number(/position (\d+)/.exec(message)?.[1] ?? 0);
  return text.slice(0, position).split("\n").length;
}

/** The file beside a kernel's, or undefined where there is none. Throws TunedFault for one that is damaged. */
export function readTuned(path: string): TunedFile | undefined {
  if (!existsSync(path)) return undefined;
  let text: string;
  try {
    text = readRegular(path, MOST_BYTES).toString("utf8");
  } catch (error) {
    if (!(error instanceof BundleFault)) throw error;
    throw new TunedFault(error.message, 1, error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TunedFault(`it is not JSON (${(cause as Error).message})`, lineOf(text, cause as Error), cause);
  }
  const version = (value as { version?: unknown } | null)?.version;
  if (version !== TUNED_VERSION)
    throw new TunedFault(
      `it has ${typeof version === "number" ? `version ${version}` : "no version"}, and this one reads ${TUNED_VERSION}`,
    );
  const parsed = tunedFile.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new TunedFault(`${issue!.path.map(String).join(".").slice(0, 200)}: ${issue!.message}`);
}
