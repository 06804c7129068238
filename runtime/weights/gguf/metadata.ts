/** The key-value part of a GGUF file, with getters that check types. */

import { ModelError } from "../errors.js";
import { GgufArray, type GgufScalar, type GgufValue } from "./values.js";

export class GgufMetadata {
  readonly file: string;
  readonly #values: ReadonlyMap<string, GgufValue>;

  constructor(file: string, values: ReadonlyMap<string, GgufValue>) {
    this.file = file;
    this.#values = values;
  }

  get size(): number {
    return this.#values.size;
  }
  has(key: string): boolean {
    return this.#values.has(key);
  }
  keys(): IterableIterator<string> {
    return this.#values.keys();
  }
  entries(): IterableIterator<[string, GgufValue]> {
    return this.#values.entries();
  }
  get(key: string): GgufValue | undefined {
    return this.#values.get(key);
  }

  /** Each getter returns `fallback` for an absent key, and throws ModelError without one, or on another type. */
  string(key: string, fallback?: string): string {
    return this.#scalar(key, "a string", (value) => typeof value === "string", fallback);
  }
  boolean(key: string, fallback?: boolean): boolean {
    return this.#scalar(key, "a boolean", (value) => typeof value === "boolean", fallback);
  }
  number(key: string, fallback?: number): number {
    return this.#scalar(key, "a finite number", (value) => Number.isFinite(value), fallback);
  }
  /** A whole number ≥ 0: every integer that models need is a count, a size or an id. */
  count(key: string, fallback?: number): number {
    return this.#scalar(
      key,
      "a whole number",
      (value) => Number.isSafeInteger(value) && (value as number) >= 0,
      fallback,
    );
  }

  strings(key: string): readonly string[] {
    return this.#array(key, "strings", (type) => type === "string") as readonly string[];
  }
  /** Elements of an array of any number type. */
  numbers(key: string): readonly number[] {
    const values = this.#array(key, "numbers", (type) => /^[uif]\d/.test(type));
    if (values.some((value) => typeof value !== "number")) {
      throw new ModelError("metadata-type", `${key} holds integers beyond 2^53`, { file: this.file });
    }
    return values as readonly number[];
  }

  #scalar<T extends GgufScalar>(key: string, wanted: string, fits: (value: GgufValue) => boolean, fallback?: T): T {
    const value = this.#values.get(key) ?? fallback;
    if (value === undefined) throw this.#missing(key);
    if (!fits(value)) throw this.#mistyped(key, wanted, value);
    return value as T;
  }

  #array(key: string, wanted: string, fits: (elementType: string) => boolean): readonly GgufValue[] {
    const value = this.#values.get(key);
    if (value === undefined) throw this.#missing(key);
    if (!(value instanceof GgufArray) || !fits(value.elementType))
      throw this.#mistyped(key, `an array of ${wanted}`, value);
    return value.values();
  }

  #missing(key: string): ModelError {
    return new ModelError("metadata-missing", `the metadata lacks ${key}`, { file: this.file });
  }

  #mistyped(key: string, wanted: string, value: GgufValue): ModelError {
    const got =
      value instanceof GgufArray
        ? `an array of ${value.elementType}`
        : `the ${typeof value} ${String(value).slice(0, 40)}`;
    return new ModelError("metadata-type", `${key} must be ${wanted}, but is ${got}`, { file: this.file });
  }
}
