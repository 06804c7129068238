import { z } from "zod";
import { DTYPE_NAMES } from "../ir/index.js";
import { holding, kernelProblems, manifestProblems, paramProblems, variantProblems } from "./consistency.js";

/**
 * The bundle's manifest: everything the runtime must know of compiled kernels, and nothing else. A bundle may come from anywhere, so what
 * the schema takes can be launched: every number has its limits, and the parts of a kernel fit each other.
 * Bump MANIFEST_VERSION when a reader of the old shape would misread the new one.
 */
export const MANIFEST_VERSION = 2;

/** Versions that say the same in the same words, as far as they go: the first knew nothing of arguments equal to 1. */
export const READ_VERSIONS = [1, MANIFEST_VERSION] as const;

/** Far beyond any cubin: a file that says more is refused before it is read. */
export const MOST_FILE_BYTES = 2 ** 28;

const whole = (least: number, most: number) => z.number().int().min(least).max(most);
const powerOfTwo = (most: number) =>
  whole(1, most).refine((value) => Number.isInteger(Math.log2(value)), "it is no power of two");
const identifier = z
  .string()
  .max(1000)
  .regex(/^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u, "it is no identifier");
const text = z.string().max(2 ** 16);
const line = text.regex(/^\P{Cc}*$/u, "it has control characters");

const dtype = z.enum(DTYPE_NAMES);
const dtypes = z.record(identifier, dtype);
const constants = z.record(identifier, z.union([z.number(), z.boolean(), text]));

const hash = z.string().regex(/^[0-9a-f]{64}$/, "it is no SHA-256");

/** A file of the bundle: one plain name beside the manifest, that ends as its kind does; the SHA-256 of its bytes, and how many they are. */
const file = (name: RegExp) =>
  z.object({
    path: z
      .string()
      .max(255)
      .regex(/^[^./\\\p{Cc}][^/\\\p{Cc}]*$/u, "it is no plain file name")
      .regex(name, `it does not end as in ${name.source}`),
    sha256: hash,
    bytes: whole(0, MOST_FILE_BYTES),
  });

const named = { name: identifier, divisible: z.boolean() };
/** Of a parameter that launches may leave out: whether this variant is for those that give it. */
const given = z.boolean().optional();

/**
 * A parameter as the launcher packs it. This variant was compiled for multiples of 16 where it is `divisible` (bytes of a pointer, the value of
 * an integer), and for 1 where it is `one`.
 */
const param = z.discriminatedUnion("kind", [
  z.object({ ...named, kind: z.literal("pointer"), dtype, given }),
  z.object({ ...named, kind: z.literal("scalar"), dtype, given, one: z.boolean().default(false) }),
  z.object({ ...named, kind: z.literal("const") }),
  z.object({
    ...named,
    kind: z.literal("descriptor"),
    dtype,
    given,
    /** Block shape of the language, and Triton's own metadata for the tensor map (null below sm_90). */
    block: z
      .array(whole(1, 2 ** 20))
      .min(1)
      .max(5),
    padding: z.enum(["zero", "nan"]),
    tensorMap: z
      .object({
        swizzle: whole(0, 6),
        elementSize: powerOfTwo(16),
        elementType: whole(0, 31),
        blockSize: z.array(whole(1, 2 ** 16)),
        fp4Padded: z.boolean(),
      })
      .nullable(),
  }),
]);

/** One argument of the cubin's ABI, in order. `from` names the parameter, `part` what of it. */
const abi = z.object({
  from: z.string(),
  part: z.enum(["value", "tensorMap", "shape", "stride", "flag", "globalScratch", "profileScratch"]),
  index: z.number().int().optional(),
  offset: z.number().int(),
  size: z.number().int(),
});

/** Options of a build beyond its constants and dtypes: those that are not the default, and always warps and stages. Lists are JSON. */
const options = z.record(identifier, z.union([z.number(), z.boolean(), text]));

/** What `tilescript tune` found to be the fastest on a device for arguments of these values. `build` is an index into the kernel's builds. */
const tuned = z.object({
  device: line,
  arch: whole(0, 9999),
  shape: z.record(identifier, z.number()),
  build: whole(0, 2 ** 16),
});

const variant = z.object({
  /** Architecture number (90 for sm_90). */
  arch: whole(1, 9999),
  /** Which of the kernel's builds it is of, where they may differ in more than constants and dtypes. */
  build: whole(0, 2 ** 16).optional(),
  constants,
  dtypes,
  params: z.array(param.superRefine(holding(paramProblems))),
  abi: z.array(abi),
  launch: z.object({
    /** The cubin's symbol. */
    symbol: line.min(1),
    warps: powerOfTwo(32),
    stages: whole(0, 64),
    ctas: powerOfTwo(16),
    sharedBytes: whole(0, 2 ** 20),
    pdl: z.boolean(),
    /** Absent where it is not. */
    cooperative: z.literal(true).optional(),
    /** Of one program. */
    globalScratchBytes: whole(0, 2 ** 24),
    globalScratchAlign: powerOfTwo(2 ** 12),
    profileScratchBytes: whole(0, 2 ** 24),
  }),
  resources: z.object({ registers: whole(0, 2 ** 16), spillBytes: whole(0, 2 ** 31) }),
  cubin: file(/\.cubin$/),
  ptx: file(/\.ptx$/).nullable(),
});

const kernelEntry = z.object({
  name: identifier,
  /** TypeScript source: path relative to the project and hash, which is empty where the kernel was made by a program. */
  source: z.object({ file: line, line: whole(0, 2 ** 31), sha256: hash.or(z.literal("")) }),
  /** The typed IR, symbolic in the constants, one file for each dtype binding: what the CPU executor runs. */
  ir: z.array(z.object({ dtypes, file: file(/\.ir\.json$/) })),
  triton: z.array(file(/\.triton\.py$/)),
  /** Constants, dtypes and launch options of every build, in the order they were declared; all options where launches choose by speed. */
  builds: z.array(
    z.object({ constants, dtypes, pdl: z.boolean(), warps: powerOfTwo(32), options: options.optional() }),
  ),
  /** Constants that a launch may leave out: the build that was tuned for its shape decides, else the first. */
  tune: z.array(identifier).optional(),
  tuned: z.array(tuned).optional(),
  /** Compiled variants; the launcher picks the first whose arch, constants, dtypes and guards hold. Empty in a bundle for the CPU only. */
  variants: z.array(variant.superRefine(holding(variantProblems))),
});

export const manifestSchema = z.object({
  version: z.literal(READ_VERSIONS),
  compiler: z.object({
    tilescript: line,
    /** Names the compiler by its code: what another one made may differ. */
    code: line.optional(),
    triton: line.nullable(),
    ptxas: z.record(z.string(), line),
  }),
  /** The typed references to the kernels, `index.js` and `index.d.ts`; bundles of earlier versions have them without saying so. */
  references: z.tuple([file(/^index\.js$/), file(/^index\.d\.ts$/)]).optional(),
  kernels: z.array(kernelEntry.superRefine(holding(kernelProblems))).superRefine(holding(manifestProblems)),
});

/** What a bundle says of itself: manifest.json, whose schema this is the type of. */
export type Manifest = z.infer<typeof manifestSchema>;
export type FileEntry = KernelEntry["triton"][number];
/** A kernel as a bundle's manifest has it: parameters, builds, and the files of each. */
export type KernelEntry = z.infer<typeof kernelEntry>;
export type Variant = z.infer<typeof variant>;
export type BuildEntry = KernelEntry["builds"][number];
export type Tuned = z.infer<typeof tuned>;
export type VariantParam = z.infer<typeof param>;
export type DescriptorParam = Extract<VariantParam, { kind: "descriptor" }>;
export type AbiSlot = z.infer<typeof abi>;

/** Every file that a manifest names; one that several kernels share comes several times. */
export const filesNamed = ({ kernels, references }: Manifest): FileEntry[] => [
  ...kernels.flatMap(({ ir, triton, variants }) => [
    ...ir.map(({ file }) => file),
    ...triton,
    ...variants.flatMap(({ cubin, ptx }) => (ptx ? [cubin, ptx] : [cubin])),
  ]),
  ...(references ?? []),
];
