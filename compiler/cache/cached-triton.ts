import {
  backendFingerprint,
  type CompileOptions,
  type TritonJob,
  type TritonOutput,
  type TritonResult,
  type TritonService,
} from "../triton/index.js";
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

/** A Triton service that looks into the cache first. Only successes are kept; a fully cached build never starts Python. */
export function cachedTriton(service: Pick<TritonService, "compile">, cache: Cache): CachedTriton {
  return {
    async compile(job, options) {
      options?.signal?.throwIfAborted();
      const key = jobKey(job);
      const found = await cache.get(key);
      const known = found && unpack(found);
      if (known) return { result: known, cached: true };
      const result = await service.compile(job, options);
      if (result.ok) await cache.put(key, pack(result));
      return { result, cached: false };
    },
  };
}

/** Everything that the output depends on: the job, Triton with its ptxas, and how we drive them. */
export function jobKey(job: TritonJob): string {
  const { source, file, kernel, signature, constants, divisible, target, options, stages, lineInfo } = job;
  return cacheKey({
    backend: backendFingerprint(),
    source,
    // A file name is only in the cubin together with line info.
    file: lineInfo ? file : undefined,
    kernel,
    signature,
    constants: constants ?? {},
    divisible: [...(divisible ?? [])].sort(),
    arch: target.arch,
    options: { ...options },
    stages: [...(stages ?? ["cubin", "ptx"])].sort(),
    lineInfo: Array.isArray(lineInfo) ? lineInfo.map((origin) => ({ ...origin })) : Boolean(lineInfo),
  });
}

function pack(output: TritonOutput): Record<string, Uint8Array | string> {
  const { cubin, ptx, ttir, ttgir, llir, sass, ...facts } = output;
  const parts = { cubin, ptx, ttir, ttgir, llir, sass };
  const present = Object.entries(parts).filter((one): one is [string, Buffer | string] => one[1] !== undefined);
  return { "facts.json": JSON.stringify(facts), ...Object.fromEntries(present) };
}

function unpack(files: EntryFiles): TritonOutput | undefined {
  const facts = files.get("facts.json");
  if (!facts) return undefined;
  const texts = Object.fromEntries(TEXTS.map((name) => [name, files.get(name)?.toString("utf8")]));
  return { ...(JSON.parse(facts.toString("utf8")) as TritonOutput), ...texts, cubin: files.get("cubin") };
}
