import { z } from "zod";

/**
 * The bundle's manifest: everything the runtime must know of compiled kernels, and nothing else.
 * Bump MANIFEST_VERSION when a reader of the old shape would misread the new one.
 */
export const MANIFEST_VERSION = 1;

const dtype = z.enum(["bool", "i8", "u8", "i16", "i32", "u32", "i64", "f16", "bf16", "f32", "f64"]);
const constant = z.union([z.number(), z.boolean(), z.string()]);

/** A file of the bundle: path relative to the manifest, and the SHA-256 of its bytes. */
const file = z.object({ path: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.number().int() });

/** A parameter as the launcher packs it. `offset` and `size` are its place in the packed arguments; constants have none. */
const param = z.object({
  name: z.string(),
  kind: z.enum(["pointer", "scalar", "const", "descriptor"]),
  dtype: dtype.optional(),
  /** Descriptor only: block shape of the language, and Triton's own metadata for the tensor map (null below sm_90). */
  block: z.array(z.number().int()).optional(),
  padding: z.enum(["zero", "nan"]).optional(),
  tensorMap: z
    .object({
      swizzle: z.number().int(),
      elementSize: z.number().int(),
      elementType: z.number().int(),
      blockSize: z.array(z.number().int()),
      fp4Padded: z.boolean(),
    })
    .nullable()
    .optional(),
  /** True where this variant was compiled for multiples of 16 (bytes for a pointer, the value for an integer). */
  divisible: z.boolean(),
});

/** One argument of the cubin's ABI, in order. `from` names the parameter, `part` what of it. */
const abi = z.object({
  from: z.string(),
  part: z.enum(["value", "tensorMap", "shape", "stride", "flag", "globalScratch", "profileScratch"]),
  index: z.number().int().optional(),
  offset: z.number().int(),
  size: z.number().int(),
});

const variant = z.object({
  /** Architecture number (90 for sm_90). */
  arch: z.number().int(),
  constants: z.record(z.string(), constant),
  dtypes: z.record(z.string(), dtype),
  params: z.array(param),
  abi: z.array(abi),
  launch: z.object({
    /** The cubin's symbol. */
    symbol: z.string(),
    warps: z.number().int(),
    stages: z.number().int(),
    ctas: z.number().int(),
    sharedBytes: z.number().int(),
    pdl: z.boolean(),
    globalScratchBytes: z.number().int(),
    globalScratchAlign: z.number().int(),
    profileScratchBytes: z.number().int(),
  }),
  resources: z.object({ registers: z.number().int(), spillBytes: z.number().int() }),
  cubin: file,
  ptx: file.nullable(),
});

const kernelEntry = z.object({
  name: z.string(),
  /** TypeScript source: path relative to the project and hash. */
  source: z.object({ file: z.string(), line: z.number().int(), sha256: z.string() }),
  /** The typed IR, symbolic in the constants, one file for each dtype binding: what the CPU executor runs. */
  ir: z.array(z.object({ dtypes: z.record(z.string(), dtype), file })),
  triton: z.array(file),
  /** Constants, dtypes and launch options of every build, in the order they were declared. */
  builds: z.array(
    z.object({
      constants: z.record(z.string(), constant),
      dtypes: z.record(z.string(), dtype),
      pdl: z.boolean(),
      warps: z.number().int(),
    }),
  ),
  /** Compiled variants; the launcher picks the first whose arch, constants, dtypes and guards hold. Empty in a bundle for the CPU only. */
  variants: z.array(variant),
});

export const manifestSchema = z.object({
  version: z.literal(MANIFEST_VERSION),
  compiler: z.object({
    tilescript: z.string(),
    /** Names the compiler by its code: what another one made may differ. */
    code: z.string().optional(),
    triton: z.string().nullable(),
    ptxas: z.record(z.string(), z.string()),
  }),
  kernels: z.array(kernelEntry),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type KernelEntry = Manifest["kernels"][number];
export type Variant = KernelEntry["variants"][number];
export type VariantParam = Variant["params"][number];
export type AbiSlot = Variant["abi"][number];
