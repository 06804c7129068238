/** Checks of a launch's arguments that hold on every device: names, kinds, dtypes, ranges, and that a tensor lies in its buffer. */
import { DTYPES, type DType, greatestFloat, integerRange, isFloat, roundFloat } from "../../compiler/ir/index.js";
import type {
  Argument,
  Arguments,
  ChosenBuild,
  DescriptorArgument,
  Device,
  DeviceBuffer,
  Grid,
  GridFor,
} from "./device.js";
import { DeviceError, LaunchError } from "./errors.js";
import { insteadOfMemory, labelled, shown } from "./shown.js";

/** A parameter as the checks see it. */
export interface CheckedParam {
  readonly name: string;
  readonly kind: "pointer" | "scalar" | "const" | "descriptor";
  readonly dtype?: DType;
  readonly block?: readonly number[];
  /** False where the build is for launches that leave it out. */
  readonly given?: boolean | undefined;
}

/** A buffer that knows whether it can still be used. */
export interface LiveBuffer extends DeviceBuffer {
  readonly freed: boolean;
  /** The most bytes that it may come to have: more than `bytes` where it can grow. */
  readonly reach: number;
}

/** Throws DeviceError unless the buffer is alive and holds the range. */
export function requireRange(buffer: LiveBuffer, byteOffset: number, bytes: number): void {
  if (buffer.freed) throw new DeviceError(`A buffer of ${buffer.bytes} bytes was used after it was freed.`);
  const whole = Number.isSafeInteger(byteOffset) && Number.isSafeInteger(bytes) && byteOffset >= 0 && bytes >= 0;
  if (whole && byteOffset + bytes <= buffer.bytes) return;
  throw new DeviceError(`${bytes} bytes at ${byteOffset} lie outside a buffer of ${buffer.bytes} bytes.`);
}

export interface Checking {
  readonly kernel: string;
  readonly device: Device;
}

type Fault = { readonly expected: string; readonly got: string; readonly hint?: string };

const isBuffer = (value: unknown): value is LiveBuffer =>
  typeof value === "object" && value !== null && "address" in value && "device" in value;

const isDescriptor = (value: unknown): value is DescriptorArgument =>
  typeof value === "object" && value !== null && "buffer" in value && "shape" in value && "strides" in value;

/** A value as an error shows it. */
function show(value: unknown): string {
  if (isBuffer(value)) return value.freed ? "a buffer that has been freed" : `a buffer of ${value.device.name}`;
  if (isDescriptor(value)) return `a descriptor of shape [${value.shape.join(", ")}]`;
  return shown(value);
}

function bufferFault(value: unknown, device: Device): Fault | undefined {
  if (isBuffer(value) && value.device === device && !value.freed) return undefined;
  const other = isBuffer(value) && value.device !== device && !value.freed;
  const got = other ? `a buffer of another device (${labelled(value.device)})` : show(value);
  return { expected: `a buffer of ${other ? labelled(device) : device.name}`, got, hint: insteadOfMemory(value) };
}

/** What a float holds, if rounded: all but finite numbers that would become infinite. */
function floatFault(value: unknown, dtype: DType): Fault | undefined {
  if (typeof value !== "number") return { expected: `a number (${dtype})`, got: show(value) };
  if (!Number.isFinite(value) || Math.abs(value) <= 448 || Number.isFinite(roundFloat(dtype, value))) return undefined;
  const greatest = greatestFloat(dtype);
  const most = greatest < 1e6 ? String(greatest) : greatest.toExponential(2);
  return {
    expected: `a number up to ${most} (${dtype})`,
    got: show(value),
    hint: "Pass Infinity where that is meant.",
  };
}

function scalarFault(value: unknown, dtype: DType): Fault | undefined {
  if (dtype === "bool") return typeof value === "boolean" ? undefined : { expected: "a boolean", got: show(value) };
  if (isFloat(dtype)) return floatFault(value, dtype);
  const whole = typeof value === "bigint" || Number.isSafeInteger(value);
  const [low, high] = integerRange(dtype);
  if (whole && BigInt(value as number | bigint) >= low && BigInt(value as number | bigint) <= high) return undefined;
  const safe = typeof value === "number" && Number.isInteger(value) && DTYPES[dtype].bytes === 8;
  return {
    expected: `a whole number from ${low} to ${high} (${dtype})`,
    got: show(value),
    ...(safe && { hint: "Beyond 2^53 pass a bigint." }),
  };
}

/** Bytes from the base to behind the last element. */
const extent = ({ shape, strides }: DescriptorArgument, elementBytes: number): number =>
  shape.some((size) => size === 0)
    ? 0
    : shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, 1) * elementBytes;

function descriptorFault(value: unknown, param: CheckedParam, device: Device): Fault | undefined {
  const rank = param.block?.length ?? 0;
  if (!isDescriptor(value)) return { expected: "a descriptor { buffer, shape, strides }", got: show(value) };
  const fault = bufferFault(value.buffer, device);
  if (fault) return { ...fault, expected: `a descriptor of ${fault.expected}` };
  const sizes = [...value.shape, ...value.strides];
  if (
    value.shape.length !== rank ||
    value.strides.length !== rank ||
    !sizes.every((size) => Number.isSafeInteger(size) && size >= 0)
  ) {
    const got = `shape [${value.shape.join(", ")}] and strides [${value.strides.join(", ")}]`;
    return { expected: `${rank} sizes and ${rank} strides, whole numbers, as the kernel's block has`, got };
  }
  if (value.strides[rank - 1] !== 1) return { expected: "a last stride of 1", got: String(value.strides[rank - 1]) };
  const bytes = extent(value, DTYPES[param.dtype!].bytes);
  const { reach } = value.buffer as LiveBuffer;
  if (bytes <= reach) return undefined;
  const expected = `a tensor that lies in its buffer of ${reach} bytes`;
  return {
    expected,
    got: `shape [${value.shape.join(", ")}] and strides [${value.strides.join(", ")}], which reach over ${bytes}`,
  };
}

const faults: Readonly<
  Record<CheckedParam["kind"], (value: unknown, param: CheckedParam, device: Device) => Fault | undefined>
> = {
  pointer: (value, _param, device) => bufferFault(value, device),
  scalar: (value, param) => scalarFault(value, param.dtype!),
  descriptor: descriptorFault,
  // selectBuilds has compared it with what was built.
  const: () => undefined,
};

/** Throws LaunchError unless the value fits the parameter. */
export function checkArgument(at: Checking, param: CheckedParam, value: Argument | null | undefined): void {
  const fault = faults[param.kind](value, param, at.device);
  if (fault) throw new LaunchError({ kernel: at.kernel, parameter: param.name, ...fault });
}

/**
 * The check of all arguments of a kernel: throws LaunchError for one that is missing, unknown or does not fit. `dtypes` are the names of
 * type parameters, which may be given too.
 */
export function argumentChecker(
  at: Checking,
  params: readonly CheckedParam[],
  dtypes: readonly string[],
): (args: Arguments) => void {
  const known = new Set([...params.map((param) => param.name), ...dtypes]);
  return (args) => {
    for (const name in args) {
      if (known.has(name)) continue;
      const expected = `one of its parameters (${params.map((param) => param.name).join(", ")})`;
      throw new LaunchError({ kernel: at.kernel, parameter: name, expected, got: "a name it does not have" });
    }
    for (const param of params) if (param.given !== false) checkArgument(at, param, args[param.name]);
  };
}

/** Throws LaunchError unless the arguments are an object. `names` are those of the parameters. */
export function requireArguments(kernel: string, args: unknown, names: () => readonly string[]): void {
  if (typeof args === "object" && args !== null && !Array.isArray(args)) return;
  throw new LaunchError({ kernel, expected: `an object of arguments (${names().join(", ")})`, got: shown(args) });
}

export type Extent = readonly [number, number, number];

const gridLimits = [2 ** 31 - 1, 65535, 65535];

/** Programs of a cooperative launch wait for each other: one that has no room yet would let all others wait for ever. */
export const tooLargeToCooperate = (kernel: string, most: number, programs: number): LaunchError =>
  new LaunchError({
    kernel,
    expected: `a grid of at most ${most} programs, which this device runs at once`,
    got: `${programs}`,
    hint: "The launch is cooperative: let each program take several tiles, in a loop by numPrograms().",
  });

const gridSize = (size: unknown): string => (typeof size === "number" ? String(size) : shown(size));

function insteadOfGrid(grid: unknown): string | undefined {
  if (typeof grid === "number") return `Write it in a list: [${grid}].`;
  const fraction = Array.isArray(grid) && grid.some((size) => Number.isFinite(size) && !Number.isInteger(size));
  return fraction ? "cdiv(n, BLOCK) rounds a quotient up." : undefined;
}

/** The grid of a launch whose build is known, as three numbers. */
export const gridOf = (kernel: string, grid: GridFor, { constants }: Pick<ChosenBuild, "constants">): Extent =>
  checkGrid(kernel, typeof grid === "function" ? grid(constants) : grid);

/** The grid as three numbers. Throws LaunchError unless it is 1 to 3 whole numbers that a GPU can launch; 0 means nothing to do. */
export function checkGrid(kernel: string, grid: Grid): Extent {
  const fits = (size: number, axis: number) => Number.isInteger(size) && size >= 0 && size <= gridLimits[axis]!;
  if (!Array.isArray(grid) || grid.length < 1 || grid.length > 3 || !grid.every(fits)) {
    const got = Array.isArray(grid) ? `[${grid.map((size) => gridSize(size)).join(", ")}]` : show(grid);
    const expected = `a grid of 1 to 3 whole numbers up to [${gridLimits.join(", ")}]`;
    throw new LaunchError({ kernel, expected, got, hint: insteadOfGrid(grid) });
  }
  return [grid[0]!, grid[1] ?? 1, grid[2] ?? 1];
}
