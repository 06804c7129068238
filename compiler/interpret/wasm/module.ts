import type Binaryen from "binaryen";
import type { WasmType } from "./representation.js";

export type Ref = Binaryen.ExpressionRef;
export type Module = Binaryen.Module;

let loaded: Promise<typeof Binaryen> | undefined;

/** Binaryen is large and waits on its own WebAssembly: it is loaded when the first kernel is compiled, not when a cached one is used. */
export function loadBinaryen(): Promise<typeof Binaryen> {
  loaded ??= import("binaryen").then((module) => module.default);
  return loaded;
}

/** A module under construction: the shared memory, the imports, and helper functions that are built at first use. */
export class ModuleBuilder {
  readonly m: Module;
  readonly types: Readonly<Record<WasmType | "none", number>>;
  /** Whether the kernel tells the host of each element that it touches. */
  readonly checked: boolean;
  private readonly binaryen: typeof Binaryen;
  private readonly present = new Set<string>();

  constructor(binaryen: typeof Binaryen, checked: boolean) {
    this.checked = checked;
    this.binaryen = binaryen;
    this.m = new binaryen.Module();
    const has = binaryen.Features;
    const memory = has.Atomics | has.BulkMemory | has.BulkMemoryOpt | has.MutableGlobals;
    this.m.setFeatures(memory | has.NontrappingFPToInt | has.SIMD128 | has.SignExt);
    this.m.setMemory(1, 65536, null, [], true);
    this.m.addMemoryImport("0", "env", "memory", true);
    const { i32, i64, f32, f64, v128, none } = binaryen;
    this.types = { i32, i64, f32, f64, v128, none };
  }

  typeList(types: readonly WasmType[]): number {
    return this.binaryen.createType(types.map((type) => this.types[type]));
  }

  /** The name of a helper function or import; `build` makes it when it is not there yet. */
  once(name: string, build: () => void): string {
    if (!this.present.has(name)) {
      this.present.add(name);
      build();
    }
    return name;
  }

  has(name: string): boolean {
    return this.present.has(name);
  }

  /** An imported JavaScript function. */
  imported(name: string, params: readonly WasmType[], result: WasmType | "none"): string {
    return this.once(name, () =>
      this.m.addFunctionImport(name, "env", name, this.typeList(params), this.types[result]),
    );
  }

  call(name: string, args: readonly Ref[], result: WasmType | "none"): Ref {
    return this.m.call(name, args, this.types[result]);
  }

  finish(section: string, contents: Uint8Array): Uint8Array {
    this.m.addCustomSection(section, contents);
    const bytes = this.m.emitBinary();
    this.m.dispose();
    return bytes;
  }
}
