import { DTYPES, type DType, isFloat } from "../../compiler/ir/index.js";
import { fromBits, toBits } from "../../runtime/device/arrays.js";
import type { Argument, Arguments, Device, DeviceBuffer } from "../../runtime/device/device.js";
import { bytesOfData, type TuningData } from "../../runtime/tuning/index.js";
import { InputError } from "../report/errors.js";

type Values = ArrayLike<number> | ArrayLike<bigint>;
type HostArray = ArrayBufferView & ArrayLike<number | bigint>;

const SMALL_FLOATS = ["f16", "bf16", "f8e4m3", "f8e5m2"] as const;
const isSmallFloat = (dtype: DType): dtype is (typeof SMALL_FLOATS)[number] =>
  SMALL_FLOATS.some((name) => name === dtype);

const ARRAYS: { readonly [bytes: number]: { readonly [kind: string]: unknown } } = {
  1: { signed: Int8Array, unsigned: Uint8Array },
  2: { signed: Int16Array, unsigned: Uint16Array },
  4: { signed: Int32Array, unsigned: Uint32Array, float: Float32Array },
  8: { signed: BigInt64Array, unsigned: BigUint64Array, float: Float64Array },
};

const kindOf = (dtype: DType): string => (isFloat(dtype) ? "float" : dtype.startsWith("i") ? "signed" : "unsigned");

type HostArrayType = { from(values: never): HostArray } & (new (
  buffer: ArrayBufferLike,
  offset: number,
  length: number,
) => HostArray);

/** The array whose elements are those of the dtype: of floats below 32 bits their bits. */
const arrayOf = (dtype: DType): HostArrayType =>
  ARRAYS[DTYPES[dtype].bytes]![isSmallFloat(dtype) ? "unsigned" : kindOf(dtype)] as HostArrayType;

/** Values as memory has them. An array of the dtype's own elements is taken as it is: what `toBits` gave, for example. */
function bytesOfValues(dtype: DType, values: Values): Uint8Array {
  const Type = arrayOf(dtype);
  const array =
    values instanceof Type
      ? values
      : isSmallFloat(dtype)
        ? (toBits(dtype as "bf16", values as ArrayLike<number>) as HostArray)
        : Type.from(values as never);
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Numbers as memory has them, of one dtype. Integers beyond 2^53 are rounded, equal ones alike. */
export function numbersOf(dtype: DType, bytes: Uint8Array): ArrayLike<number> {
  const { buffer, byteOffset } = bytes;
  const length = bytes.byteLength / DTYPES[dtype].bytes;
  const array = new (arrayOf(dtype))(buffer, byteOffset, length);
  if (isSmallFloat(dtype)) return fromBits(dtype, array as unknown as Uint16Array);
  return typeof array[0] === "bigint" ? Float64Array.from(array, Number) : (array as ArrayLike<number>);
}

export interface Filled {
  readonly data: TuningData;
  readonly buffer: DeviceBuffer;
}

const isData = (value: unknown): value is TuningData =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "data";

/** The buffers of the launches of one shape: builds that ask for the same share them. */
export class TuningBuffers {
  readonly #device: Device;
  readonly #made = new Map<string, DeviceBuffer>();

  constructor(device: Device) {
    this.#device = device;
  }

  /** The arguments with buffers in the place of what is in them, and those buffers by the names of their parameters. */
  async arguments(
    given: Readonly<Record<string, unknown>>,
  ): Promise<{ args: Arguments; filled: ReadonlyMap<string, Filled> }> {
    const filled = new Map<string, Filled>();
    const args: Record<string, Argument> = {};
    for (const [name, value] of Object.entries(given)) {
      const inner = typeof value === "object" && value !== null && "buffer" in value ? value.buffer : undefined;
      const data = isData(value) ? value : inner;
      if (!isData(data)) {
        args[name] = value as Argument;
        continue;
      }
      const buffer = this.#buffer(name, data);
      filled.set(name, { data, buffer });
      await this.fill({ data, buffer });
      args[name] = data === value ? buffer : ({ ...(value as object), buffer } as Argument);
    }
    return { args, filled };
  }

  /** Puts into a buffer what it had at first: a pattern is copied on the device as often as it fits. */
  async fill({ data, buffer }: Filled): Promise<void> {
    const { dtype, pattern } = data;
    const bytes = bytesOfData(data);
    if (pattern === undefined || pattern.length === 0) {
      this.#device.fill(buffer, 0);
      return;
    }
    const first = bytesOfValues(dtype, pattern);
    await this.#device.write(buffer, first.subarray(0, bytes));
    for (let done = first.byteLength; done < bytes; done *= 2) {
      const length = Math.min(done, bytes - done);
      this.#device.copy(buffer.view(done, length), buffer, length);
    }
  }

  free(): void {
    for (const buffer of this.#made.values()) buffer.free();
    this.#made.clear();
  }

  #buffer(name: string, data: TuningData): DeviceBuffer {
    const key = `${name} ${data.dtype} ${data.elements}`;
    const known = this.#made.get(key);
    if (known) return known;
    const bytes = bytesOfData(data);
    const { free } = this.#device.memory();
    if (bytes > free)
      throw new InputError(
        `${name} of ${data.elements} elements needs ${bytes} bytes, and ${this.#device.name} has ${free} free`,
        "Measure a smaller shape.",
      );
    const buffer = this.#device.alloc(bytes);
    this.#made.set(key, buffer);
    return buffer;
  }
}
