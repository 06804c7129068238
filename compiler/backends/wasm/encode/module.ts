import type { DefinedFunction, ImportedFunction, ModuleParts } from "./encode.js";
import type { WasmType } from "./representation.js";

/** All that a memory of WebAssembly may have: 4 GiB. The host brings as much as its buffers need. */
const MOST_PAGES = 65536;

/** A module under construction: the shared memory, the imports, and helper functions that are built at first use. */
export class ModuleBuilder {
  /** Whether the kernel tells the host of each element that it touches. */
  readonly checked: boolean;
  private readonly present = new Set<string>();
  private readonly imports: ImportedFunction[] = [];
  private readonly functions: DefinedFunction[] = [];

  constructor(checked: boolean) {
    this.checked = checked;
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
  imported(name: string, params: readonly WasmType[], result: WasmType | null): string {
    return this.once(name, () => this.imports.push({ name, params, result }));
  }

  define(one: DefinedFunction): void {
    this.functions.push(one);
  }

  /** The whole of it; `globals` and the functions `exported` are what the host sees. */
  finish(globals: readonly string[], exported: readonly string[]): ModuleParts {
    const memory = { name: "memory", pages: 1, mostPages: MOST_PAGES };
    return { memory, imports: this.imports, globals, functions: this.functions, exported };
  }
}
