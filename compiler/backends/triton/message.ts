import type {
  TritonFailure,
  TritonFailureStage,
  TritonJob,
  TritonMetadata,
  TritonOutput,
  TritonResources,
  TritonResult,
} from "./job.js";
import type { WorkerVersions } from "./worker-process.js";

/** A job as worker.py reads it. */
export function toMessage(job: TritonJob): object {
  const options = { num_warps: 4, num_stages: 3, num_ctas: 1, enable_fp_fusion: true, ...job.options };
  return {
    id: 0,
    source: job.source,
    file: fileOf(job),
    kernel: job.kernel,
    signature: job.signature,
    constants: job.constants ?? {},
    divisible: job.divisible ?? [],
    one: job.one ?? [],
    arch: job.target.arch,
    options,
    stages: job.stages ?? ["cubin", "ptx"],
    lineInfo: Array.isArray(job.lineInfo)
      ? job.lineInfo.map(({ python, file, line, column }) => [python, file, line, column])
      : (job.lineInfo ?? false),
  };
}

/** The module's name in messages. */
export const fileOf = (job: TritonJob) => job.file ?? `${job.kernel}.triton.py`;

/** An answer of worker.py. */
export interface WorkerReply {
  readonly residentKib: number;
  readonly printed?: string;
  readonly output?: {
    readonly cubin?: string;
    readonly ptx?: string;
    readonly ttir?: string;
    readonly ttgir?: string;
    readonly llir?: string;
    readonly sass?: string;
    readonly ptxVersion?: number;
    readonly metadata: Omit<TritonMetadata, "clusterDims" | "parameters"> & {
      readonly parameters: readonly { readonly size: number; readonly align: number }[];
    };
  } & Partial<TritonResources>;
  readonly error?: {
    readonly stage: TritonFailureStage;
    readonly message: string;
    readonly line: number | null;
    readonly column: number | null;
    readonly calls: TritonFailure["calls"];
    readonly detail: string;
  };
}

export function toResult(
  job: TritonJob,
  reply: WorkerReply,
  { versions, content }: { readonly versions: WorkerVersions; readonly content: string },
  seconds: number,
): TritonResult {
  if (reply.error) return { ok: false, error: withPlace(job, reply.error) };
  const { cubin, ptx, ttir, ttgir, llir, sass, metadata, ...facts } = reply.output!;
  const output: TritonOutput = {
    ok: true,
    cubin: cubin === undefined ? undefined : Buffer.from(cubin, "base64"),
    ptx,
    ttir,
    ttgir,
    llir,
    sass,
    ptxVersion: facts.ptxVersion ?? 0,
    metadata: { ...metadata, clusterDims: [metadata.numCtas, 1, 1], parameters: withOffsets(metadata.parameters) },
    resources: {
      registers: facts.registers ?? 0,
      barriers: facts.barriers ?? 0,
      stackBytes: facts.stackBytes ?? 0,
      spillStoreBytes: facts.spillStoreBytes ?? 0,
      spillLoadBytes: facts.spillLoadBytes ?? 0,
    },
    versions: {
      python: versions.python,
      triton: versions.triton,
      ptxas: job.target.arch >= 90 ? versions.ptxas.current : versions.ptxas.legacy,
      content,
    },
    printed: reply.printed ?? "",
    seconds,
  };
  return output;
}

function withPlace(job: TritonJob, error: NonNullable<WorkerReply["error"]>): TritonFailure {
  const { line, column, ...rest } = error;
  return line === null ? { ...rest, line: definitionLine(job) } : { ...rest, line, column: column ?? undefined };
}

/** The line of the kernel's `def`: the place of a failure that has none of its own. */
export function definitionLine({ source, kernel }: TritonJob): number | undefined {
  const line = source.split("\n").findIndex((text) => text.startsWith(`def ${kernel}(`));
  return line < 0 ? undefined : line + 1;
}

/** Arguments lie one after the other, each at its own alignment. */
function withOffsets(parameters: readonly { size: number; align: number }[]): TritonMetadata["parameters"] {
  let end = 0;
  return parameters.map(({ size, align }) => {
    const offset = Math.ceil(end / align) * align;
    end = offset + size;
    return { offset, size, align };
  });
}
