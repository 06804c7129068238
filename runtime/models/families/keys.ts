import { GgufArray, ModelError, type ModelErrorCode } from "../../weights/index.js";

/**
 * Named values of a file (config.json, or a GGUF file's metadata under the architecture's prefix), each asked for by its type. Remembers which
 * were asked for: one that nobody asks for would be ignored without a word. Getters give undefined for a key that is absent or null, and throw
 * ModelError for a value of another type.
 */
export class Keys {
  readonly file: string;
  /** What error messages put before a key. */
  readonly prefix: string;
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #asked = new Set<string>();
  readonly #inner: Keys[] = [];

  constructor(file: string, prefix: string, values: Iterable<readonly [string, unknown]>) {
    this.file = file;
    this.prefix = prefix;
    this.#values = new Map(values);
  }

  /** Whether the key is there, be it as null. */
  states(key: string): boolean {
    return this.#values.has(key);
  }

  get(key: string): unknown {
    this.#asked.add(key);
    const value = this.#values.get(key);
    return value instanceof GgufArray ? value.values() : (value ?? undefined);
  }

  /** A whole number ≥ 0. */
  count(key: string): number | undefined {
    return this.#typed(key, "a whole number", isCount);
  }
  number(key: string): number | undefined {
    return this.#typed(key, "a finite number", isNumber);
  }
  flag(key: string): boolean | undefined {
    return this.#typed(key, "true or false", (value) => typeof value === "boolean");
  }
  text(key: string): string | undefined {
    return this.#typed(key, "a string", (value) => typeof value === "string");
  }
  numbers(key: string): readonly number[] | undefined {
    return this.#typed(key, "a list of numbers", listOf(isNumber));
  }
  texts(key: string): readonly string[] | undefined {
    return this.#typed(key, "a list of strings", listOf(isText));
  }
  flags(key: string): readonly boolean[] | undefined {
    return this.#typed(key, "a list of true and false", listOf(isFlag));
  }
  /** A count, or a list of one count a layer if all are equal: layers of different sizes are not supported. */
  evenCount(key: string): number | undefined {
    const value = this.get(key);
    if (!Array.isArray(value)) return this.count(key);
    const [first] = value;
    if (isCount(first) && value.every((count) => count === first)) return first;
    throw this.error("metadata-unsupported", key, "differs from layer to layer");
  }
  /** The keys of an object within. What nobody asks of it counts as not asked for here. */
  object(key: string): Keys | undefined {
    const value = this.#typed(key, "an object", isObject);
    if (!value) return undefined;
    const inner = new Keys(this.file, `${this.prefix}${key}.`, Object.entries(value));
    this.#inner.push(inner);
    return inner;
  }

  /** Keys, with prefix, whose values were never asked for; null says nothing. */
  unasked(): [key: string, value: unknown][] {
    const own = [...this.#values].filter(([key, value]) => !this.#asked.has(key) && value !== null);
    return [
      ...own.map(([key, value]): [string, unknown] => [this.prefix + key, value]),
      ...this.#inner.flatMap((inner) => inner.unasked()),
    ];
  }

  missing(key: string): ModelError {
    return new ModelError("metadata-missing", `${this.prefix}${key} is missing`, { file: this.file });
  }
  /** `what` is said of the key, whose value is shown. */
  error(code: ModelErrorCode, key: string, what: string, hint?: string): ModelError {
    const stated = `${this.prefix}${key} (${shown(this.get(key))})`;
    return new ModelError(code, `${stated} ${what}`, { file: this.file, hint });
  }

  #typed<T>(key: string, wanted: string, fits: (value: unknown) => value is T): T | undefined {
    const value = this.get(key);
    if (value === undefined || fits(value)) return value;
    throw this.error("metadata-type", key, `must be ${wanted}`);
  }
}

const isNumber = (value: unknown): value is number => Number.isFinite(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isText = (value: unknown): value is string => typeof value === "string";
const isFlag = (value: unknown): value is boolean => typeof value === "boolean";
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const listOf =
  <T>(fits: (value: unknown) => value is T) =>
  (value: unknown): value is readonly T[] =>
    Array.isArray(value) && value.every(fits);

/** A value as it may stand in a message: JSON, cut off. */
export function shown(value: unknown): string {
  const text = typeof value === "bigint" ? String(value) : (JSON.stringify(value, stringifyBig) ?? "nothing");
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

const stringifyBig = (_: string, value: unknown) =>
  typeof value === "bigint" ? String(value) : value instanceof GgufArray ? value.values() : value;
