import { cacheFolder, SealedFolder } from "../../../compiler/store/index.js";

/** Where compiled kernels are kept between starts, by a key that names everything they depend on. Neither call fails: a store may lose things. */
export interface WasmStore {
  get(key: string): Promise<Uint8Array<ArrayBuffer> | null>;
  put(key: string, wasm: Uint8Array): Promise<void>;
}

/** One file a kernel, in a folder of a cache. */
export class WasmFolder implements WasmStore {
  readonly #files: SealedFolder;

  constructor(cache = cacheFolder()) {
    this.#files = new SealedFolder(cache, "wasm");
  }

  async get(key: string): Promise<Uint8Array<ArrayBuffer> | null> {
    const wasm = await this.#files.get(key);
    return wasm ? new Uint8Array(wasm) : null;
  }

  put(key: string, wasm: Uint8Array): Promise<void> {
    return this.#files.put(key, wasm);
  }
}
