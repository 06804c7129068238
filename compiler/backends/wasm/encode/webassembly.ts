/*
 * The part of the WebAssembly JavaScript interface that is used here. TypeScript declares it only together with the whole DOM, which
 * Node does not have.
 */
declare global {
  namespace WebAssembly {
    class Module {
      constructor(bytes: Uint8Array<ArrayBuffer>);
      static customSections(module: Module, name: string): ArrayBuffer[];
    }
    class Memory {
      constructor(size: { initial: number; maximum: number; shared: boolean });
      readonly buffer: SharedArrayBuffer;
      grow(pages: number): number;
    }
    function compile(bytes: Uint8Array<ArrayBuffer>): Promise<Module>;
  }
}

export {};
