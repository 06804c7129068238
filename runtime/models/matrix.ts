import type { Allocator } from "../device/allocations.js";
import { upload } from "../device/arrays.js";
import type { DeviceBuffer } from "../device/device.js";
import { type Format, rowBytes } from "../kernels/weights.js";
import { dequantize, type Gguf, type GgufTensor, ModelError, unpermuteRows } from "../weights/index.js";

/** A weight matrix on the device, row-major, `columns` a multiple of 32. */
export interface Matrix {
  readonly buffer: DeviceBuffer;
  readonly format: Format;
  readonly rows: number;
  readonly columns: number;
}

/** Where a part of a matrix comes from: a tensor, and for a rotary projection the head size by which to undo its permutation. */
export interface Part {
  readonly tensor: string;
  readonly unpermute?: number;
}

/** Bytes moved at a time where weights are converted, so that the process never holds a second copy of the model. */
const PIECE = 8 << 20;

/**
 * Uploads tensors of equal width, stacked by rows. Q4_1 and Q8_0 go as they are in the file, Q4_0 becomes Q4_1 (exactly), everything
 * else bf16; a stack of different types becomes bf16.
 */
export async function uploadMatrix(memory: Allocator, file: Gguf, parts: readonly Part[]): Promise<Matrix> {
  const tensors = parts.map(({ tensor }) => file.tensor(tensor));
  const columns = tensors[0]!.shape[1]!;
  if (columns % 32 !== 0)
    throw new ModelError("tensor-shape", `${tensors[0]!.name} has rows of ${columns} weights, no multiple of 32`, {
      file: file.path,
    });
  const formats = new Set(tensors.map(formatOf));
  const format = formats.size === 1 ? [...formats][0]! : "bf16";
  const rows = tensors.reduce((sum, tensor) => sum + tensor.shape[0]!, 0);
  const buffer = memory.alloc(rows * rowBytes(format, columns));
  let at = 0;
  for (const [index, tensor] of tensors.entries()) {
    for await (const piece of converted(file, tensor, format, parts[index]!.unpermute)) {
      await buffer.device.write(buffer.view(at, piece.byteLength), piece);
      at += piece.byteLength;
    }
  }
  return { buffer, format, rows, columns };
}

/** Uploads a vector of weights as f32. */
export async function uploadVector(memory: Allocator, file: Gguf, name: string): Promise<DeviceBuffer> {
  const tensor = file.tensor(name);
  return upload(memory, dequantize(tensor.type, file.bytes(tensor)));
}

const formatOf = (tensor: GgufTensor): Format =>
  tensor.type === "Q4_1" || tensor.type === "Q4_0" ? "q4_1" : tensor.type === "Q8_0" ? "q8_0" : "bf16";

/** The tensor's rows in `format`, some whole heads or rows at a time. */
function* converted(file: Gguf, tensor: GgufTensor, format: Format, unpermute?: number): Generator<Uint8Array> {
  const rows = tensor.shape[0]!;
  const rowSize = tensor.bytes / rows;
  const unit = unpermute ?? 1;
  const step = Math.max(unit, Math.floor(PIECE / rowSize / unit) * unit);
  for (let row = 0; row < rows; row += step) {
    const end = Math.min(rows, row + step);
    const raw = file.bytes(tensor, row * rowSize, end * rowSize);
    const ordered = unpermute ? unpermuteRows(raw, end - row, unpermute) : raw;
    yield convert(tensor, ordered, format);
  }
}

function convert(tensor: GgufTensor, bytes: Uint8Array, format: Format): Uint8Array {
  if (format === "bf16") return toBf16(dequantize(tensor.type, bytes));
  return tensor.type === "Q4_0" ? toQ41(bytes) : bytes;
}

/** Nearest even. Weights are finite, so NaN needs no care. */
function toBf16(values: Float32Array): Uint8Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = (bits[i]! + 0x7fff + ((bits[i]! >>> 16) & 1)) >>> 16;
  return new Uint8Array(out.buffer);
}

/** Q4_0's (q − 8) · d is Q4_1's q · d + m with m = −8d: three more in the exponent, exact unless d is at the end of f16's range. */
function toQ41(bytes: Uint8Array): Uint8Array {
  const blocks = bytes.byteLength / 18;
  const out = new Uint8Array(blocks * 20);
  const from = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const to = new DataView(out.buffer);
  for (let block = 0; block < blocks; block++) {
    const scale = from.getUint16(block * 18, true);
    to.setUint16(block * 20, scale, true);
    to.setUint16(block * 20 + 2, timesMinusEight(scale), true);
    out.set(bytes.subarray(block * 18 + 2, block * 18 + 18), block * 20 + 4);
  }
  return out;
}

/** −8 · x of a half in bits, saturating to infinity. */
function timesMinusEight(half: number): number {
  const sign = (half & 0x8000) ^ 0x8000;
  let exponent = (half >> 10) & 31;
  let mantissa = half & 0x3ff;
  if (exponent === 0) {
    // Subnormal: the value is mantissa · 2^-24; three bits up may make it normal.
    mantissa <<= 3;
    if (mantissa < 0x400) return sign | mantissa;
    exponent = 1;
    while (mantissa >= 0x800) {
      mantissa >>= 1;
      exponent++;
    }
    return sign | (exponent << 10) | (mantissa & 0x3ff);
  }
  return exponent + 3 >= 31 ? sign | 0x7c00 : sign | ((exponent + 3) << 10) | mantissa;
}
