import {
  buildConstants,
  buildDtypes,
  buildField,
  unreachableBuild,
  unreachableVariant,
} from "../diagnostics/catalogue/frontend.js";
import { beyondLimit } from "../diagnostics/catalogue/limits.js";
import type { Build, CompileOptions, ConstValue, DType, Param, Promises, Span } from "../ir/index.js";
import { DEFAULT_OPTIONS, hides, isInteger, isOptional, LIMITS, MOST_VARIANTS } from "../ir/index.js";
import type { KernelDeclaration } from "./kernels.js";
import type { DTypeParameter } from "./parameters.js";
import { plainNumber, type Static } from "./static/value.js";
import type { Unit } from "./unit.js";
import { type Fields, type Place, writtenBuilds } from "./written-builds.js";

/** The builds of a kernel, and what others of it are compiled with. */
export interface Builds {
  readonly builds: readonly Build[];
  readonly defaults?: CompileOptions;
  readonly tune?: readonly string[];
}

/** Reads `builds` without running the file. A kernel that leaves nothing open has one build of its own. */
export function readBuilds(
  unit: Unit,
  kernel: KernelDeclaration,
  params: readonly Param[],
  generics: readonly DTypeParameter[],
): Builds {
  const written = kernel.options === null ? { builds: [] } : writtenBuilds(unit, kernel.options);
  if (written === null) return { builds: [] };
  const isOpen = generics.length > 0 || params.some((param) => param.kind === "const");
  const reader = new BuildReader(unit, kernel.name, params, generics);
  const given = written.defaults && reader.options(written.defaults.fields, written.defaults.place);
  if (given === null) return { builds: [] };
  const defaults = { ...DEFAULT_OPTIONS, ...given };
  const reached = new Set<string>();
  const builds = written.builds.flatMap(({ fields, place }) => {
    const build = reader.read(fields, place, defaults);
    if (build === null) return [];
    const { constants, dtypes, ...options } = build;
    const all = JSON.stringify([constants, dtypes, options].map((one) => Object.entries(one).sort()));
    if (reached.has(all)) unit.report(unreachableBuild(place.span(), { kernel: kernel.name }));
    reached.add(all);
    return build;
  });
  const own = written.builds.length > 0 || isOpen ? builds : [{ ...defaults, constants: {}, dtypes: {} }];
  const tune = written.tune && reader.tuned(written.tune.value, written.tune.place);
  return {
    builds: withOptional(own, unit, kernel, params),
    ...(given && { defaults }),
    ...(tune && { tune }),
  };
}

/** Each build for launches that give an optional parameter, and for those that leave it out. */
function withOptional(
  builds: readonly Build[],
  unit: Unit,
  kernel: KernelDeclaration,
  params: readonly Param[],
): readonly Build[] {
  const names = params.filter(isOptional).map(({ name }) => name);
  const got = builds.length * 2 ** names.length;
  if (got > LIMITS.builds) {
    unit.report(beyondLimit(unit.span(kernel.call), { limit: "builds", got }));
    return [];
  }
  return names.reduce(
    (all, name) =>
      all.flatMap((build) =>
        [true, false].map((given) => ({ ...build, constants: { ...build.constants, [name]: given } })),
      ),
    builds,
  );
}

const isPower = (value: number): boolean => Number.isInteger(Math.log2(value));

/** Whole-number fields: what they may be, in words and as a test. */
const NUMBERS: Readonly<Record<string, readonly [expected: string, test: (value: number) => boolean]>> = {
  warps: ["a power of two from 1 to 32", (value) => isPower(value) && value >= 1 && value <= 32],
  stages: ["a whole number from 1 to 8", (value) => Number.isInteger(value) && value >= 1 && value <= 8],
  ctas: ["1, 2, 4, 8 or 16", (value) => isPower(value) && value >= 1 && value <= 16],
  maxRegisters: ["a whole number from 24 to 255", (value) => Number.isInteger(value) && value >= 24 && value <= 255],
};

const FLAGS = ["pdl", "fpFusion", "cooperative", "debug"];

const FIELDS = ["constants", "dtypes", ...Object.keys(NUMBERS), ...FLAGS, "divisible", "specialize", "alignment"];

/** A build that says what its variants promise says all of it. */
const withoutPromises = ({ divisible, specialize, ...others }: CompileOptions) => others;

class BuildReader {
  private readonly unit: Unit;
  private readonly kernel: string;
  private readonly params: readonly Param[];
  private readonly generics: readonly DTypeParameter[];

  constructor(unit: Unit, kernel: string, params: readonly Param[], generics: readonly DTypeParameter[]) {
    this.unit = unit;
    this.kernel = kernel;
    this.params = params;
    this.generics = generics;
  }

  read(fields: Fields, place: Place, defaults: CompileOptions): Build | null {
    const constants = this.constants(fields.get("constants"), place);
    const dtypes = this.dtypes(fields.get("dtypes"), place);
    const options = this.options(
      new Map([...fields].filter(([name]) => name !== "constants" && name !== "dtypes")),
      place,
    );
    if (constants === null || dtypes === null || options === null) return null;
    const base = options.divisible || options.specialize ? withoutPromises(defaults) : defaults;
    return { ...base, ...options, constants, dtypes };
  }

  /** What of the options is said; null after reporting what cannot be. */
  options(fields: Fields, place: Place): Partial<CompileOptions> | null {
    const given = [...fields].filter(([, value]) => value.kind !== "missing");
    if (given.filter(([name]) => name === "divisible" || name === "specialize").length > 1)
      return this.wrong(
        "divisible",
        "in each variant of specialize, beside which there is no other",
        place.span("divisible"),
      );
    const read = given.map(([name, value]) => [name, this.field(name, value, place)] as const);
    return read.some(([, value]) => value === null) ? null : (Object.fromEntries(read) as Partial<CompileOptions>);
  }

  /** Names of constants; null after reporting what is none. */
  tuned(value: Static, place: Place): readonly string[] | null {
    const able = this.params.filter(({ kind }) => kind === "const").map(({ name }) => name);
    const given = value.kind === "list" ? value.items.map((item) => (item.kind === "string" ? item.value : "")) : [""];
    const odd = given.findIndex((name) => !able.includes(name));
    return odd < 0
      ? able.filter((name) => given.includes(name))
      : this.wrong(
          "tune",
          `a list of Const parameters (${able.join(", ") || "there are none"})`,
          place.span("tune", odd),
        );
  }

  private constants(value: Static | undefined, place: Place): Build["constants"] | null {
    const given = value?.kind === "record" ? value.fields : new Map<string, Static>();
    const wanted = this.params.filter((param) => param.kind === "const");
    const missing = wanted.filter(({ name }) => !given.has(name)).map(({ name }) => name);
    const unknown = [...given.keys()].filter((name) => !wanted.some((param) => param.name === name));
    if (missing.length > 0 || unknown.length > 0) {
      this.unit.report(
        buildConstants(missing.length > 0 ? place.span() : place.span("constants", unknown[0]!), {
          kernel: this.kernel,
          missing,
          unknown,
          known: wanted.map(({ name }) => name),
        }),
      );
      return null;
    }
    const values: Record<string, ConstValue> = {};
    for (const param of wanted) {
      const one = constant(given.get(param.name)!, param.of);
      if (one === null) {
        const isNumber = param.of === "int" && plainNumber(given.get(param.name)!) !== null;
        const instead = isNumber ? `a number that is not whole: ${param.name}: Const<"${param.name}", F32>` : undefined;
        return this.wrong(
          `the constant ${param.name}`,
          EXPECTED[param.of],
          place.span("constants", param.name),
          instead,
        );
      }
      values[param.name] = one;
    }
    return values;
  }

  private dtypes(value: Static | undefined, place: Place): Build["dtypes"] | null {
    const given = value?.kind === "record" ? value.fields : new Map<string, Static>();
    const bound: Record<string, DType> = {};
    for (const { name, dtypes } of this.generics) {
      const one = given.get(name);
      const dtype = one?.kind === "string" ? dtypes.find((candidate) => candidate === one.value) : undefined;
      if (dtype === undefined) {
        this.unit.report(
          buildDtypes(place.span("dtypes", name), { kernel: this.kernel, parameter: name, allowed: dtypes }),
        );
        return null;
      }
      bound[name] = dtype;
    }
    return bound;
  }

  private field(name: string, value: Static, place: Place): unknown {
    const number = NUMBERS[name];
    if (number !== undefined) {
      const given = plainNumber(value);
      return given !== null && number[1](given) ? given : this.wrong(name, number[0], place.span(name));
    }
    if (FLAGS.includes(name))
      return value.kind === "bool" ? value.value : this.wrong(name, "true or false", place.span(name));
    if (name === "alignment") {
      const fits = value.kind === "string" && (value.value === "checked" || value.value === "required");
      return fits ? value.value : this.wrong(name, '"checked" or "required"', place.span(name));
    }
    if (name === "divisible") return this.divisible(value, place);
    if (name === "specialize") return this.specialize(value, place);
    this.unit.report(buildField(place.span(name), { what: name, expected: "", known: FIELDS }));
    return null;
  }

  private divisible(value: Static, place: Place): readonly string[] | null {
    const able = this.params.filter(
      (param) => param.kind !== "const" && (param.kind !== "scalar" || isInteger(param.dtype)),
    );
    const names = able.map(({ name }) => name);
    const given = this.given(value);
    const list = `a list of pointers, descriptors and integers among the parameters (${names.join(", ") || "there are none"})`;
    return given.every((name) => names.includes(name))
      ? given
      : this.wrong("divisible", `${list}; "pointers" names all pointers`, place.span("divisible"));
  }

  /** The names of a list; "pointers" stands for all pointers, unless a parameter is called so. Anything else gives a name that is none. */
  private given(value: Static): readonly string[] {
    if (value.kind !== "list") return [""];
    const names = value.items.map((item) => (item.kind === "string" ? item.value : ""));
    if (!names.includes("pointers") || this.params.some(({ name }) => name === "pointers")) return names;
    const pointers = this.params.filter(({ kind }) => kind === "pointer").map(({ name }) => name);
    return [...new Set([...pointers, ...names])].filter((name) => name !== "pointers");
  }

  private specialize(value: Static, place: Place): readonly Promises[] | null {
    const given = value.kind === "list" ? value.items : [];
    if (given.length === 0 || given.length > MOST_VARIANTS)
      return this.wrong("specialize", `a list of 1 to ${MOST_VARIANTS} variants`, place.span("specialize"));
    const variants = given.map((one, index) => this.promises(one, index, place));
    if (variants.includes(null)) return null;
    const read = variants as readonly Promises[];
    for (const [index, later] of read.entries()) {
      const earlier = read.slice(0, index).findIndex((one) => hides(one, later));
      if (earlier < 0) continue;
      this.unit.report(
        unreachableVariant(place.span("specialize", index), { kernel: this.kernel, variant: index, earlier }),
      );
      return null;
    }
    return read;
  }

  private promises(value: Static, index: number, place: Place): Promises | null {
    const what = `specialize[${index}]`;
    const fields = value.kind === "record" ? value.fields : new Map<string, Static>();
    const odd = [...fields.keys()].some((name) => name !== "divisible" && name !== "one");
    if (value.kind !== "record" || odd)
      return this.wrong(what, "an object with divisible, one or both", place.span("specialize", index));
    const integers = this.params.filter((param) => param.kind === "scalar" && isInteger(param.dtype));
    const pointers = this.params.filter(({ kind }) => kind === "pointer");
    const divisible = this.names(
      fields.get("divisible"),
      `${what}.divisible`,
      [...pointers, ...integers],
      place.span("specialize", index, "divisible"),
    );
    const one = this.names(fields.get("one"), `${what}.one`, integers, place.span("specialize", index, "one"));
    if (divisible === null || one === null) return null;
    const both = one.find((name) => divisible.includes(name));
    return both === undefined
      ? { divisible, one }
      : this.wrong(
          `${what}.one`,
          `a list without ${both}, which is in divisible`,
          place.span("specialize", index, "one"),
        );
  }

  /** A list of some of these parameters, in their order; empty where there is none. */
  private names(value: Static | undefined, what: string, able: readonly Param[], span: Span): readonly string[] | null {
    const names = able.map(({ name }) => name);
    if (value === undefined || value.kind === "missing") return [];
    const given = this.given(value);
    if (given.every((name) => names.includes(name))) return names.filter((name) => given.includes(name));
    const kinds = what.endsWith("one") ? "integers" : "pointers and integers";
    return this.wrong(what, `a list of ${kinds} among the parameters (${names.join(", ") || "there are none"})`, span);
  }

  private wrong(what: string, expected: string, span: Span, instead?: string): null {
    this.unit.report(buildField(span, { what, expected, instead }));
    return null;
  }
}

const EXPECTED = { int: "a whole number", float: "a number", bool: "true or false", string: "a text" } as const;

function constant(value: Static, of: keyof typeof EXPECTED): ConstValue | null {
  if (of === "bool") return value.kind === "bool" ? value.value : null;
  if (of === "string") return value.kind === "string" ? value.value : null;
  const number = plainNumber(value);
  return number !== null && (of === "float" || Number.isInteger(number)) ? number : null;
}
