/** Careful reading of the JSON that tokenizer.json and its neighbours are made of. */

import { ModelError } from "../../weights/index.js";

/** A part of a JSON file and the way to it, such as "pre_tokenizer.pretokenizers[1]". */
export class JsonPart {
  readonly file: string;
  readonly path: string;
  readonly value: unknown;

  constructor(file: string, value: unknown, path = "") {
    this.file = file;
    this.value = value;
    this.path = path;
  }

  /** Whether there is nothing: neither a value nor null. */
  get isAbsent(): boolean {
    return this.value === undefined || this.value === null;
  }

  get(key: string): JsonPart {
    const holder = this.object();
    const value = Object.hasOwn(holder, key) ? holder[key] : undefined;
    return new JsonPart(this.file, value, this.path ? `${this.path}.${key}` : key);
  }

  object(): Readonly<Record<string, unknown>> {
    const { value } = this;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    throw this.mistyped("an object");
  }

  items(): JsonPart[] {
    if (!Array.isArray(this.value)) throw this.mistyped("a list");
    return this.value.map((value, i) => new JsonPart(this.file, value, `${this.path}[${i}]`));
  }

  string(fallback?: string): string {
    const value = this.isAbsent ? fallback : this.value;
    if (typeof value !== "string") throw this.mistyped("a string");
    return value;
  }

  boolean(fallback?: boolean): boolean {
    const value = this.isAbsent ? fallback : this.value;
    if (typeof value !== "boolean") throw this.mistyped("true or false");
    return value;
  }

  /** A token's id. */
  id(): number {
    const { value } = this;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value >= 1 << 24) {
      throw this.mistyped("an id from 0 to 2^24 − 1");
    }
    return value;
  }

  /** One of `wanted`; anything else is not understood. */
  oneOf<T extends string>(wanted: readonly T[], fallback?: T): T {
    const value = this.string(fallback);
    const found = wanted.find((one) => one === value);
    if (found === undefined) throw this.unknown(JSON.stringify(value));
    return found;
  }

  /** Throws unless the value is absent or one of those that change nothing. */
  mustBe(...harmless: readonly unknown[]): void {
    if (!this.isAbsent && !harmless.includes(this.value)) throw this.unknown(JSON.stringify(this.value)?.slice(0, 60));
  }

  mistyped(wanted: string): ModelError {
    const got = this.isAbsent ? "missing" : JSON.stringify(this.value)?.slice(0, 60);
    return new ModelError("tokenizer-invalid", `${this.path || "the file"} must be ${wanted}, but is ${got}`, {
      file: this.file,
      hint: "The file is damaged or was written by a faulty program: download it again.",
    });
  }

  unknown(what: string): ModelError {
    return this.unusable(` is ${what}, which is not understood`);
  }

  unusable(
    what: string,
    hint = "Use a model with byte-pair encoding whose tokenizer.json has only the usual steps.",
  ): ModelError {
    return new ModelError("tokenizer-unsupported", `${this.path}${what}`, { file: this.file, hint });
  }
}
