/** Bundles whose "cubins" are images of the fake driver, laid out as the compiler lays out real ones. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { abiOf } from "../../../../compiler/bundle/abi.js";
import {
  type KernelEntry,
  MANIFEST_VERSION,
  type Manifest,
  type Variant,
  type VariantParam,
} from "../../../../compiler/bundle/index.js";
import type { DType, Param, Span } from "../../../../compiler/ir/index.js";

const span: Span = { file: "fake.kernel.ts", line: 1, column: 1, endLine: 1, endColumn: 2 };

type Given<T> = T extends unknown ? Omit<T, "span"> : never;
export type FakeParam = Given<Param>;

export interface FakeVariant {
  readonly arch?: number;
  readonly constants?: Readonly<Record<string, number | boolean | string>>;
  readonly dtypes?: Readonly<Record<string, DType>>;
  /** Names of parameters taken as multiples of 16. */
  readonly divisible?: readonly string[];
  /** Names of integers taken as 1. */
  readonly one?: readonly string[];
  readonly launch?: Partial<Variant["launch"]>;
  /** Replaces what the image says of its kernel: "params=4 threads=64". */
  readonly image?: string;
}

export interface FakeKernel {
  readonly name: string;
  readonly params: readonly FakeParam[];
  readonly variants: readonly FakeVariant[];
}

export const pointer = (name: string, dtype: DType = "f32"): FakeParam => ({ kind: "pointer", name, dtype });
export const scalar = (name: string, dtype: DType = "i32"): FakeParam => ({ kind: "scalar", name, dtype });
export const constant = (name: string): FakeParam => ({ kind: "const", name, of: "int" });

const tensorMap = { swizzle: 3, elementSize: 2, elementType: 10, blockSize: [64, 32], fp4Padded: false };

function variantOf(folder: string, { name, params }: FakeKernel, variant: FakeVariant, index: number): Variant {
  const arch = variant.arch ?? 90;
  const abi = abiOf(
    params.map((param) => ({ ...param, span }) as Param),
    arch >= 90,
  );
  const symbol = variant.launch?.symbol ?? name;
  const text = `kernel ${symbol} ${variant.image ?? `params=${abi.map((slot) => slot.size).join(",")}`}\n# ${index}\n`;
  const path = `${name}.${index}.cubin`;
  writeFileSync(join(folder, path), text);
  return {
    arch,
    constants: variant.constants ?? {},
    dtypes: variant.dtypes ?? {},
    params: params.map((param): VariantParam => {
      const divisible = variant.divisible?.includes(param.name) ?? false;
      if (param.kind === "scalar") return { ...param, divisible, one: variant.one?.includes(param.name) ?? false };
      if (param.kind !== "descriptor") return { ...param, divisible };
      return { ...param, block: [...param.block] as number[], tensorMap: arch >= 90 ? tensorMap : null, divisible };
    }),
    abi,
    launch: {
      symbol,
      warps: 4,
      stages: 3,
      ctas: 1,
      sharedBytes: 0,
      pdl: false,
      globalScratchBytes: 0,
      globalScratchAlign: 1,
      profileScratchBytes: 0,
      ...variant.launch,
    },
    resources: { registers: 32, spillBytes: 0 },
    cubin: { path, sha256: createHash("sha256").update(text).digest("hex"), bytes: text.length },
    ptx: null,
  };
}

const folders = mkdtempSync(join(tmpdir(), "tilescript-bundles-"));
afterAll(() => rmSync(folders, { recursive: true, force: true }));

/** Writes a bundle into a new folder and answers its path. `change` may spoil the manifest. */
export function fakeBundle(kernels: readonly FakeKernel[], change?: (manifest: Manifest) => unknown): string {
  const folder = mkdtempSync(join(folders, "bundle-"));
  const entries = kernels.map(
    (kernel): KernelEntry => ({
      name: kernel.name,
      source: { file: span.file, line: 1, sha256: "0".repeat(64) },
      ir: [],
      triton: [],
      builds: kernel.variants.map(({ constants = {}, dtypes = {} }) => ({ constants, dtypes, pdl: false, warps: 4 })),
      variants: kernel.variants.map((variant, index) => variantOf(folder, kernel, variant, index)),
    }),
  );
  const manifest: Manifest = {
    version: MANIFEST_VERSION,
    compiler: { tilescript: "0.1.0", triton: "3.9.0", ptxas: {} },
    kernels: entries,
  };
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(change?.(manifest) ?? manifest));
  return folder;
}
