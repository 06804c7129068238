import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheFolder } from "../../cache-folder.js";

/** Where compiled kernels are kept between starts, by a key that names everything they depend on. Neither call fails: a store may lose things. */
export interface WasmStore {
  get(key: string): Promise<Uint8Array<ArrayBuffer> | null>;
  put(key: string, wasm: Uint8Array): Promise<void>;
}

/** One file a kernel. A file appears whole or not at all, so processes may share the folder and may be killed. */
export class WasmFolder implements WasmStore {
  readonly #folder: string;

  constructor(folder = join(cacheFolder(), "wasm")) {
    this.#folder = folder;
  }

  async get(key: string): Promise<Uint8Array<ArrayBuffer> | null> {
    try {
      return new Uint8Array(await readFile(this.#path(key)));
    } catch {
      return null;
    }
  }

  async put(key: string, wasm: Uint8Array): Promise<void> {
    const path = this.#path(key);
    const whole = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(whole, wasm);
      await rename(whole, path);
    } catch {
      // No room or no right to write: the kernel is compiled again next time.
      await rm(whole, { force: true }).catch(() => undefined);
    }
  }

  #path(key: string): string {
    return join(this.#folder, key.slice(0, 2), `${key}.wasm`);
  }
}
