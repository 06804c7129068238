import assert from "node:assert/strict";
import { download, upload } from "../../runtime/device/arrays.js";
import type { Device, LoadedBundle } from "../../runtime/device/device.js";
import { FORMATS, type Format } from "../../runtime/kernels/linear/weights.js";
import { dequantize } from "../../runtime/weights/index.js";
import { cdiv, weightsArguments } from "./case.js";
import { typeOf } from "./matrix.js";
import { numbers } from "./numbers.js";

/** Whole blocks of a format and the weights in them. */
export interface Sample {
  readonly bytes: Uint8Array;
  readonly values: Float32Array;
}

export const formats = Object.keys(FORMATS) as Format[];

/** Constants of the kernel's builds. */
const TILE = { R: 4, B: 16 } as const;

/** Blocks that are random to the last bit, scales included: some are infinite, some no numbers. Their weights are as JavaScript widens them. */
export function randomSample(format: Format): Sample {
  const { blockSize, blockBytes } = FORMATS[format];
  const source = numbers(blockBytes);
  const count = 6 * cdiv(2000, blockSize);
  const bytes = Uint8Array.from({ length: count * blockBytes }, () => source.whole(0, 255));
  return { bytes, values: dequantize(typeOf(format), bytes) };
}

/** Reads blocks as a matrix with so many in a row; every bit must be as in the sample, save those of what is no number. */
export async function expectSample(
  device: Device,
  bundle: LoadedBundle,
  format: Format,
  { bytes, values }: Sample,
  inRow: number,
): Promise<void> {
  const blockCount = (inRow * FORMATS[format].blockSize) / 32;
  const rowCount = values.length / (blockCount * 32);
  assert.ok(Number.isInteger(rowCount), `${values.length} weights are no rows of ${inRow} blocks`);
  using weights = await upload(device, bytes);
  using out = await upload(device, new Float32Array(values.length).fill(Number.NaN));
  const grid = [cdiv(rowCount, TILE.R), cdiv(blockCount, TILE.B)] as const;
  const args = { ...weightsArguments(weights), out, rowCount, blockCount, ...TILE, FORMAT: format };
  bundle.kernel("widen").launch(grid, args);
  const got = await download(out, new Float32Array(values.length));
  for (let i = 0; i < got.length; i++)
    if (!Object.is(got[i], values[i])) assert.fail(`${format}: weight ${i} is ${got[i]}, not ${values[i]}`);
}
