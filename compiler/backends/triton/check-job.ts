import { DTYPES } from "../../ir/index.js";
import type { TritonFailure, TritonJob, TritonOptions, TritonOutput } from "./job.js";

interface Architecture {
  /** Opt-in shared memory of a block in bytes (CUDA programming guide, table of compute capabilities). */
  readonly sharedBytes: number;
  /** First PTX version that knows the target (PTX ISA, `.target`). */
  readonly firstPtx: number;
}

const KIB = 1024;

/** The architectures that we compile for. */
export const ARCHITECTURES: Readonly<Record<number, Architecture>> = {
  80: { sharedBytes: 163 * KIB, firstPtx: 70 },
  86: { sharedBytes: 99 * KIB, firstPtx: 71 },
  87: { sharedBytes: 163 * KIB, firstPtx: 74 },
  89: { sharedBytes: 99 * KIB, firstPtx: 78 },
  90: { sharedBytes: 227 * KIB, firstPtx: 80 },
  100: { sharedBytes: 227 * KIB, firstPtx: 86 },
  103: { sharedBytes: 227 * KIB, firstPtx: 88 },
  120: { sharedBytes: 99 * KIB, firstPtx: 87 },
};

const TENSOR_MEMORY_COLUMNS = 512;

type Check = (value: unknown, arch: number) => string | undefined;

const integer =
  (low: number, high: number): Check =>
  (value) =>
    Number.isInteger(value) && Number(value) >= low && Number(value) <= high
      ? undefined
      : `must be an integer from ${low} to ${high}`;

const powerOfTwo =
  (high: number): Check =>
  (value) =>
    integer(1, high)(value, 0) === undefined && (Number(value) & (Number(value) - 1)) === 0
      ? undefined
      : `must be a power of two from 1 to ${high}`;

const flag: Check = (value) => (typeof value === "boolean" ? undefined : "must be true or false");

const oneOf =
  (...names: string[]): Check =>
  (value) =>
    names.includes(value as string) ? undefined : `must be one of ${names.join(", ")}`;

/** Triton ignores an unknown option and accepts impossible values, so each is checked here. */
const OPTIONS: Record<keyof TritonOptions, Check> = {
  num_warps: powerOfTwo(32),
  num_stages: integer(1, 8),
  num_ctas: (value, arch) =>
    value !== 1 && arch < 90 ? `must be 1 below sm_90, which has no clusters` : powerOfTwo(16)(value, arch),
  enable_fp_fusion: flag,
  enable_reflect_ftz: flag,
  launch_pdl: (value, arch) =>
    value === true && arch < 90 ? "needs sm_90 or newer: older GPUs have no dependent launch" : flag(value, arch),
  launch_cooperative_grid: flag,
  maxnreg: integer(24, 255),
  debug: flag,
  sanitize_overflow: flag,
  ptx_version: (value, arch) => {
    const first = ARCHITECTURES[arch]?.firstPtx ?? 70;
    return integer(first, 99)(value, arch) && `must be from ${first} to 99 for sm_${arch}`;
  },
  ptx_options: (value) => (typeof value === "string" ? undefined : "must be a string"),
  default_dot_input_precision: oneOf("tf32", "tf32x3", "ieee", "bf16x3", "bf16x6"),
};

const SCALAR = new RegExp(
  `^(\\*k?)?(${Object.values(DTYPES)
    .map((dtype) => dtype.signature)
    .join("|")})$`,
);
const DESCRIPTOR = /^tensordesc<\w+\[\d+(, ?\d+){0,4}\]>$/;

/** Everything wrong with a job that can be known before Triton sees it; empty when it is fine. */
export function checkJob(job: TritonJob): TritonFailure | undefined {
  const problems = [...checkTarget(job), ...checkOptions(job), ...checkSignature(job), ...checkFloat8(job)];
  return problems.length === 0 ? undefined : failure("options", problems.join("; "));
}

function* checkTarget({ target }: TritonJob): Generator<string> {
  if (!(target.arch in ARCHITECTURES)) {
    yield `sm_${target.arch} is not supported; supported are ${Object.keys(ARCHITECTURES)
      .map((arch) => `sm_${arch}`)
      .join(", ")}`;
  }
}

function* checkOptions({ options = {}, target }: TritonJob): Generator<string> {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const check = OPTIONS[name as keyof TritonOptions];
    if (check === undefined) {
      yield `unknown option ${name}; known are ${Object.keys(OPTIONS).join(", ")}`;
      continue;
    }
    const problem = check(value, target.arch);
    if (problem) yield `${name} ${problem}, got ${JSON.stringify(value)}`;
  }
}

const INTEGER = /^[iu](8|16|32|64)$/;

function* checkSignature({ signature, constants = {}, divisible = [], one = [] }: TritonJob): Generator<string> {
  for (const [name, type] of Object.entries(signature)) {
    if (type === "constexpr") {
      if (!(name in constants)) yield `the constexpr ${name} has no value`;
    } else if (!SCALAR.test(type) && !DESCRIPTOR.test(type)) {
      yield `${name} has the unknown type ${JSON.stringify(type)}`;
    }
  }
  for (const name of Object.keys(constants)) {
    if (signature[name] !== "constexpr") yield `${name} has a value but is not a constexpr`;
  }
  for (const name of divisible) {
    const type = signature[name] ?? "absent";
    if (!type.startsWith("*") && !INTEGER.test(type)) {
      yield `${name} cannot be marked divisible: it is ${type}, not a pointer or an integer`;
    }
  }
  for (const name of one) {
    const type = signature[name] ?? "absent";
    if (!INTEGER.test(type)) yield `${name} cannot be marked as 1: it is ${type}, not an integer`;
  }
}

/** Older GPUs have no instruction that converts to 8 bits, or multiplies them. */
function* checkFloat8({ source, signature, target }: TritonJob): Generator<string> {
  const used = /\btl\.float8/.test(source) || Object.values(signature).some((type) => type.includes("fp8"));
  if (used && target.arch < 89) yield `f8e4m3 and f8e5m2 need sm_89 or newer, got sm_${target.arch}`;
}

/** Compiled, but no such GPU could launch it: Triton itself notices only there. */
export function checkResources(job: TritonJob, { metadata }: TritonOutput): TritonFailure | undefined {
  const { arch } = job.target;
  const limit = ARCHITECTURES[arch]!.sharedBytes;
  if (metadata.shared > limit) {
    return failure(
      "resources",
      `${job.kernel} needs ${metadata.shared} bytes of shared memory, but sm_${arch} has ${limit}: ` +
        `use smaller blocks or fewer stages (num_stages is ${metadata.numStages})`,
    );
  }
  if (metadata.tmem > TENSOR_MEMORY_COLUMNS) {
    return failure(
      "resources",
      `${job.kernel} needs ${metadata.tmem} columns of tensor memory, but sm_${arch} has ${TENSOR_MEMORY_COLUMNS}: use smaller blocks`,
    );
  }
  if (metadata.numWarps > 32) {
    return failure(
      "resources",
      `${job.kernel} was compiled for ${metadata.numWarps} warps, but a block has at most 32`,
    );
  }
  return undefined;
}

function failure(stage: TritonFailure["stage"], message: string): TritonFailure {
  return { stage, message, calls: [], detail: "" };
}
