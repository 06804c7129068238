import { createHash } from "node:crypto";
import {
  type CpuKernelInfo,
  compileForCpu,
  describeForCpu,
  type KernelChecks,
  type LaunchShape,
  readInfo,
} from "../../../compiler/backends/wasm/index.js";
import { type CompileOptions, type ConstValue, type Kernel, serializeKernel } from "../../../compiler/ir/index.js";
import { specialize } from "../../../compiler/passes/index.js";
import { compilerFingerprint } from "../../../compiler/store/index.js";
import type { Queue } from "./queue.js";
import type { WasmStore } from "./wasm-store.js";

/** A kernel that the workers have. */
export interface Ready {
  readonly id: number;
  readonly info: CpuKernelInfo;
}

/** A kernel for one set of overlapping parameters: compiled or being compiled. */
export interface Compiled {
  readonly promise: Promise<Ready>;
  ready: Ready | null;
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Of kernels' texts, which take longer to write than all else of finding one that was compiled before. */
const hashes = new WeakMap<Kernel, string>();

function hashOf(kernel: Kernel): string {
  const known = hashes.get(kernel);
  if (known) return known;
  const hash = sha256(serializeKernel(kernel));
  hashes.set(kernel, hash);
  return hash;
}

/** Modules by what they were compiled from: devices beside each other compile each once. */
export type Modules = Map<string, Promise<Module>>;

interface Module {
  readonly module: WebAssembly.Module;
  readonly info: CpuKernelInfo;
}

/** Every kernel of a device, by the number that the workers know it by. */
export class KernelRegistry {
  readonly #queue: Queue;
  readonly #store: WasmStore | null;
  readonly #checks: KernelChecks;
  readonly #modules: Modules;
  readonly #infos: CpuKernelInfo[] = [];
  readonly #known = new Map<string, Compiled>();

  constructor(queue: Queue, store: WasmStore | null, checks: KernelChecks = {}, modules: Modules = new Map()) {
    this.#checks = checks;
    this.#modules = modules;
    this.#queue = queue;
    this.#store = store;
  }

  info(id: number): CpuKernelInfo | undefined {
    return this.#infos[id];
  }

  /**
   * The kernel compiled for parameters that overlap in the given groups. Equal kernels are compiled once.
   * @param general what the kernel with its constants was made of
   */
  compiled(general: Kernel, kernel: Kernel, aliased: readonly (readonly string[])[]): Compiled {
    const constants = Object.entries(kernel.constants ?? {}).map(([name, value]) => [
      name,
      typeof value,
      textOf(value),
    ]);
    const key = sha256(JSON.stringify([compilerFingerprint(), aliased, hashOf(general), constants, this.#checks]));
    const known = this.#known.get(key);
    if (known) return known;
    const compiled: Compiled = { promise: this.#load(key, kernel, aliased), ready: null };
    compiled.promise.then(
      (ready) => {
        compiled.ready = ready;
      },
      () => this.#known.delete(key),
    );
    this.#known.set(key, compiled);
    return compiled;
  }

  async #load(key: string, kernel: Kernel, aliased: readonly (readonly string[])[]): Promise<Ready> {
    const begun = this.#modules.get(key) ?? this.#module(key, kernel, aliased);
    this.#modules.set(key, begun);
    begun.catch(() => this.#modules.delete(key));
    const { module, info } = await begun;
    return this.#register(module, info);
  }

  async #module(key: string, kernel: Kernel, aliased: readonly (readonly string[])[]): Promise<Module> {
    const stored = await this.#stored(key);
    if (stored) return stored;
    const { wasm, info } = compileForCpu(kernel, { aliased, checks: this.#checks });
    const module = await WebAssembly.compile(wasm);
    void this.#store?.put(key, wasm);
    return { module, info };
  }

  async #stored(key: string): Promise<Module | null> {
    const wasm = await this.#store?.get(key);
    if (!wasm) return null;
    try {
      const module = await WebAssembly.compile(wasm);
      const info = readInfo(module);
      return info && { module, info };
    } catch {
      // A damaged file: the kernel is compiled again and replaces it.
      return null;
    }
  }

  #register(module: WebAssembly.Module, info: CpuKernelInfo): Ready {
    const id = this.#infos.push(info) - 1;
    this.#queue.post({ kind: "kernel", id, module });
    return { id, info };
  }
}

/** JSON has no infinities and no −0. */
const textOf = (value: ConstValue): string => (Object.is(value, -0) ? "-0" : String(value));

interface Specialized {
  readonly kernel: Kernel;
  readonly shape: LaunchShape;
}

/** Kernels with their constants: several devices, and models that are loaded one after another, launch the same. */
const specialized = new WeakMap<Kernel, Map<string, Specialized>>();

function specializedFor(
  general: Kernel,
  constants: Readonly<Record<string, ConstValue>>,
  warps: number | undefined,
): Specialized {
  const known = specialized.get(general) ?? new Map<string, Specialized>();
  specialized.set(general, known);
  const given = Object.entries(constants).map(([name, value]) => [name, typeof value, textOf(value)]);
  const key = JSON.stringify([given, warps]);
  let one = known.get(key);
  if (!one) {
    const kernel = specialize(general, { constants, ...(warps !== undefined && { warps }) });
    one = { kernel, shape: describeForCpu(kernel) };
    known.set(key, one);
  }
  return one;
}

/** A kernel with every constant known, and how to launch it. */
export class Variant {
  readonly shape: LaunchShape;
  /** Whether all programs of a launch must run at once. */
  readonly cooperative: boolean;
  /** What the author said of how it is compiled, if anything. */
  readonly build: CompileOptions | undefined;
  readonly constants: Readonly<Record<string, ConstValue>>;
  readonly dtypes: Kernel["dtypes"];
  readonly #general: Kernel;
  readonly #kernel: Kernel;
  readonly #registry: KernelRegistry;
  readonly #compiled = new Map<string, Compiled>();

  constructor(registry: KernelRegistry, general: Kernel, constants: Readonly<Record<string, ConstValue>>) {
    this.#registry = registry;
    this.#general = general;
    this.constants = constants;
    this.dtypes = general.dtypes;
    const build = general.builds.find((one) =>
      Object.entries(one.constants).every(([name, value]) => Object.is(constants[name], value)),
    );
    this.build = build ?? general.defaults;
    this.cooperative = this.build?.cooperative ?? false;
    const { kernel, shape } = specializedFor(general, constants, this.build?.warps);
    this.#kernel = kernel;
    this.shape = shape;
  }

  /** The code for launches whose parameters overlap in the given groups. */
  compiled(aliased: readonly (readonly string[])[]): Compiled {
    const key = aliased.join(";");
    let compiled = this.#compiled.get(key);
    if (!compiled) {
      compiled = this.#registry.compiled(this.#general, this.#kernel, aliased);
      this.#compiled.set(key, compiled);
    }
    return compiled;
  }
}
