/** What must hold between the parts of a manifest, so that a launch never meets a kernel that does not fit itself. */
import type { z } from "zod";
import { isInteger } from "../ir/index.js";
import { abiOf, MOST_ARGUMENT_BYTES } from "./abi.js";
import type { AbiSlot, KernelEntry, Variant, VariantParam } from "./manifest.js";

interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}
type Problems = Iterable<Problem>;

/** A check as the schema takes it. */
export const holding =
  <T>(check: (value: T) => Problems) =>
  (value: T, context: z.core.$RefinementCtx): void => {
    for (const { path, message } of check(value)) context.addIssue({ code: "custom", path: [...path], message });
  };

const namesOf = (values: object): string => Object.keys(values).sort().join();

const isUniform = <T>(all: readonly T[], text: (one: T) => string): boolean => new Set(all.map(text)).size <= 1;

function* withoutRepeats(what: string, names: readonly string[]): Problems {
  const seen = new Set<string>();
  const twice = names.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) yield { path: [], message: `two ${what} are named ${twice}` };
}

export function* paramProblems(param: VariantParam): Problems {
  if (param.kind === "scalar" && param.one && (param.divisible || !isInteger(param.dtype)))
    yield { path: ["one"], message: "only an integer that is no multiple of 16 is 1" };
  if (param.kind !== "descriptor" || !param.tensorMap) return;
  if (param.tensorMap.blockSize.length !== param.block.length)
    yield { path: ["tensorMap", "blockSize"], message: `it has not the ${param.block.length} sizes of the block` };
}

const SLOT = ["from", "part", "index", "offset", "size"] as const;
const isSame = (a: AbiSlot, b: AbiSlot | undefined): boolean => SLOT.every((key) => a[key] === b?.[key]);

/** The slots must be those that the compiler lays out for these parameters: any others put arguments where nobody looks for them. */
function* abiProblems({ params, abi }: Variant): Problems {
  const maps = params.flatMap((param) =>
    param.kind === "descriptor" && param.given !== false ? [param.tensorMap !== null] : [],
  );
  if (!isUniform(maps, String))
    yield { path: ["params"], message: "some descriptors are tensor maps and some are not" };
  const expected = abiOf(params, maps[0] ?? false);
  const wrong = expected.findIndex((slot, index) => !isSame(slot, abi[index]));
  if (wrong >= 0) yield { path: ["abi", wrong], message: "it is not the place of the argument that belongs there" };
  else if (abi.length > expected.length)
    yield { path: ["abi"], message: "it has more arguments than the parameters give" };
  else if (abi.some(({ offset, size }) => offset + size > MOST_ARGUMENT_BYTES))
    yield { path: ["abi"], message: `the arguments take more than ${MOST_ARGUMENT_BYTES} bytes` };
}

export function* variantProblems(variant: Variant): Problems {
  const { params, constants } = variant;
  yield* withoutRepeats(
    "parameters",
    params.map(({ name }) => name),
  );
  const given = params.flatMap((param) => (param.kind === "const" || param.given === undefined ? [] : [param]));
  const open = [...params.filter(({ kind }) => kind === "const"), ...given].map(({ name }) => [name, true] as const);
  const isAsSaid = given.every((param) => param.given === constants[param.name]);
  if (namesOf(Object.fromEntries(open)) !== namesOf(constants) || !isAsSaid)
    yield { path: ["constants"], message: "they are not those of the parameters" };
  yield* abiProblems(variant);
}

/** What all variants of a kernel have alike; and what those have alike that differ in architecture and guards only. */
const signature = ({ params }: Variant): string =>
  JSON.stringify(params.map((param) => [param.name, param.kind, "given" in param && param.given !== undefined]));
const types = ({ params }: Variant): string =>
  JSON.stringify(params.map((param) => ["dtype" in param && param.dtype, "block" in param && param.block]));
const build = ({ constants, dtypes }: Pick<Variant, "constants" | "dtypes">): string =>
  JSON.stringify([constants, dtypes].map((one) => Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))));

/** What says which build is meant must mean one that there is. */
function* choiceProblems({ builds, variants, tune = [], tuned = [] }: KernelEntry): Problems {
  const text = (of: Pick<Variant, "constants" | "dtypes"> | undefined): string => (of ? build(of) : "");
  const other = variants.findIndex((one) => one.build !== undefined && text(builds[one.build]) !== text(one));
  if (other >= 0) yield { path: ["variants", other, "build"], message: "it is of another build" };
  const names = Object.keys(builds[0]?.constants ?? {});
  if (tune.some((name) => !names.includes(name))) yield { path: ["tune"], message: "it names what is no constant" };
  const none = tuned.findIndex((one) => one.build >= builds.length);
  if (none >= 0) yield { path: ["tuned", none, "build"], message: `there are only ${builds.length} builds` };
}

export function* kernelProblems(entry: KernelEntry): Problems {
  const { ir, builds, variants } = entry;
  yield* choiceProblems(entry);
  if (!isUniform([...ir, ...builds, ...variants], ({ dtypes }) => namesOf(dtypes)))
    yield { path: [], message: "its builds have different type parameters" };
  if (!isUniform([...builds, ...variants], ({ constants }) => namesOf(constants)))
    yield { path: [], message: "its builds have different constants" };
  if (!isUniform(variants, signature)) yield { path: ["variants"], message: "they have different parameters" };
  const ofBuild = new Map(variants.map((variant) => [build(variant), types(variant)]));
  if (variants.some((variant) => ofBuild.get(build(variant)) !== types(variant)))
    yield { path: ["variants"], message: "two of one build have parameters of different types" };
}

export const manifestProblems = (kernels: readonly KernelEntry[]): Problems =>
  withoutRepeats(
    "kernels",
    kernels.map(({ name }) => name),
  );
