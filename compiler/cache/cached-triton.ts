import {
  backendFingerprint,
  type CompileOptions,
  installedTriton,
  type TritonJob,
  type TritonOutput,
  type TritonResult,
  type TritonService,
} from "../backends/triton/index.js";
import type { Cache } from "./cache.js";
import type { EntryFiles } from "./entry.js";
import { cacheKey } from "./key.js";

/** Compiles, and says whether it had to. */
export interface CachedTriton {
  compile(
    job: TritonJob,
    options?: CompileOptions,
  ): Promise<{ readonly result: TritonResult; readonly cached: boolean }>;
}

const TEXTS = ["ptx", "ttir", "ttgir", "llir", "sass"] as const;

/**
 * A Triton service that looks into the cache first. Only successes are kept, under the Triton that made them; a fully cached build never
 * starts Python.
 */
export function cachedTriton(
  service: Pick<TritonService, "compile">,
  cache: Cache,
  installed: () => Promise<string | undefined> = installedTriton,
): CachedTriton {
  // Looking at every file takes 20 ms, which is not to be spent on each of hundreds of jobs. What is compiled says itself what made it.
  let looked: Promise<string | undefined> | undefined;
  const find = async (job: TritonJob): Promise<TritonOutput | undefined> => {
    looked ??= installed();
    const content = await looked;
    if (content === undefined) {
      // There may be one when the next job comes.
      looked = undefined;
      return undefined;
    }
    const key = jobKey(job, content);
    const files = await cache.get(key);
    const output = files && unpack(files, job);
    if (files && !output) await cache.drop(key);
    return output;
  };
  return {
    async compile(job, options) {
      options?.signal?.throwIfAborted();
      const known = await find(job);
      if (known) return { result: known, cached: true };
      const result = await service.compile(job, options);
      if (result.ok) await cache.put(jobKey(job, result.versions.content), pack(result));
      return { result, cached: false };
    },
  };
}

/** Everything that the output depends on: the job, the content of Triton with its ptxas, and how we drive them. */
export function jobKey(job: TritonJob, content: string): string {
  const { source, file, kernel, signature, constants, divisible, one, target, options, stages, lineInfo } = job;
  return cacheKey({
    backend: backendFingerprint(),
    content,
    source,
    // A file name is only in the cubin together with line info.
    file: lineInfo ? file : undefined,
    kernel,
    signature,
    constants: constants ?? {},
    divisible: [...(divisible ?? [])].sort(),
    one: [...(one ?? [])].sort(),
    arch: target.arch,
    options: { ...options },
    stages: [...(stages ?? STANDARD)].sort(),
    lineInfo: Array.isArray(lineInfo) ? lineInfo.map((origin) => ({ ...origin })) : Boolean(lineInfo),
  });
}

function pack(output: TritonOutput): Record<string, Uint8Array | string> {
  const { cubin, ptx, ttir, ttgir, llir, sass, ...facts } = output;
  const parts = { cubin, ptx, ttir, ttgir, llir, sass };
  const present = Object.entries(parts).filter((one): one is [string, Buffer | string] => one[1] !== undefined);
  return { "facts.json": JSON.stringify(facts), ...Object.fromEntries(present) };
}

const STANDARD = ["cubin", "ptx"] as const;

/** undefined where the entry, whole as it is, is not what the job asks for. */
function unpack(files: EntryFiles, { stages = STANDARD }: TritonJob): TritonOutput | undefined {
  const facts = parsed(files.get("facts.json"));
  const parts = [facts?.metadata, facts?.resources, facts?.versions];
  const whole =
    parts.every((one) => typeof one === "object" && one !== null) && stages.every((name) => files.has(name));
  if (facts?.ok !== true || !whole) return undefined;
  const texts = Object.fromEntries(TEXTS.map((name) => [name, files.get(name)?.toString("utf8")]));
  return { ...facts, ...texts, cubin: files.get("cubin") } as TritonOutput;
}

function parsed(bytes: Buffer | undefined): Partial<TritonOutput> | undefined {
  try {
    return JSON.parse(bytes?.toString("utf8") ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}
